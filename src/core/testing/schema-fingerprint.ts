import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDERS = ['migrations', 'src/core/database'];

/** Changes with everything that can change the migrated schema, so that a stale template is never used. */
export function schemaFingerprint(): string {
  const hash = createHash('sha256');
  for (const folder of FOLDERS) {
    for (const file of readdirSync(join(ROOT, folder)).sort()) {
      if (!/(?<!\.test)\.ts$/.test(file)) continue;
      hash.update(file).update(readFileSync(join(ROOT, folder, file)));
    }
  }
  return hash.digest('hex').slice(0, 12);
}

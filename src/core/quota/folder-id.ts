import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Random } from '../random.ts';

const FILE = 'daemon-id';
const ID_BYTES = 16;

/**
 * What names a data folder in the database, whatever it is called and wherever it is mounted: made at the first start.
 * @throws Failure config_invalid when the folder cannot be written.
 */
export function folderId(dataDir: string, random: Random): string {
  const path = join(dataDir, FILE);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(path, error);
  }
  const id = random.bytes(ID_BYTES).toString('hex');
  try {
    writeFileSync(path, `${id}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw unusable(path, error);
  }
  return id;
}

function unusable(path: string, error: unknown): Failure {
  const message = `${path}, by which this daemon knows its leases again, cannot be read or made`;
  return new Failure('config_invalid', { message, param: 'data.dir' }, error);
}

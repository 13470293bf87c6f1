import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrations } from '../../../migrations/index.ts';
import { migrateUp, openDatabase } from '../database/index.ts';
import { silentLog } from '../log.ts';
import { systemClock } from '../time.ts';
import { schemaFingerprint } from './schema-fingerprint.ts';
import type { TestPlace } from './test-place.ts';

const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/realms');

/** A SQLite file, migrated or not yet made, in a folder of its own. */
export async function sqlitePlace(content: 'migrated' | 'empty'): Promise<TestPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'realms-test-'));
  const path = join(folder, 'realms.db');
  if (content === 'migrated') await copyFile(await migratedTemplate(), path);
  return {
    options: { kind: 'sqlite', path },
    remove: async () => await rm(folder, { recursive: true, force: true }),
  };
}

/** Migrated once for all test processes, because a dozen durable transactions for every test would be felt. */
async function migratedTemplate(): Promise<string> {
  const template = join(CACHE, `template-${schemaFingerprint()}.db`);
  if (existsSync(template)) return template;
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'draft-'));
  const draft = join(folder, 'draft.db');
  const database = await openDatabase({ kind: 'sqlite', path: draft }, silentLog);
  try {
    await migrateUp(database, migrations, systemClock);
  } finally {
    await database.close();
  }
  await rename(draft, template);
  await rm(folder, { recursive: true, force: true });
  return template;
}

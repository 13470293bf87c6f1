import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { migrations } from '../../migrations/index.ts';
import type { Config } from '../core/config/index.ts';
import { type Ctx, type Database, migrateUp, openDatabase } from '../core/database/index.ts';
import { Failure } from '../core/failure.ts';
import { countUsers, createUser, NO_LIMITS } from '../core/identity/index.ts';
import { type Keyring, type KeyringSource, openKeyring } from '../core/keyring/index.ts';
import type { Log } from '../core/log.ts';
import { hasSealedChannels } from '../core/payments/index.ts';
import { systemRandom } from '../core/random.ts';
import { migrateLegacySettings } from '../core/settings/index.ts';
import { systemClock } from '../core/time.ts';
import { hasSealedSecrets } from '../core/upstreams/index.ts';

export interface Store {
  readonly database: Database;
  readonly ctx: Ctx;
  readonly keyring: Keyring;
  /** True when this start made the owner: nobody has been here before. */
  readonly isFirstStart: boolean;
}

/** Opens what Realms keeps: data folder, database with its schema up to date, keyring, and the owner. */
export async function openStore(config: Config, log: Log): Promise<Store> {
  const folder = config['data.dir'];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const url = config['database.url'];
  const database = await openDatabase(
    url.reveal() === ''
      ? { kind: 'sqlite', path: join(folder, 'realms.db') }
      : { kind: 'postgres', url, poolMax: config['database.pool_max'] },
    log,
  );
  try {
    const clock = systemClock;
    const random = systemRandom();
    const ctx: Ctx = { db: database.knex, clock, random, log };
    const applied = await migrateUp(database, migrations, clock);
    if (applied.length > 0) log.info({ applied }, 'schema brought up to date');
    const legacy = await migrateLegacySettings(ctx);
    log.info({ legacy }, 'settings of older versions looked for');
    const source: KeyringSource =
      config['secrets.keyring'].reveal() === ''
        ? { file: config['secrets.keyring_file'] || join(folder, 'keyring.json') }
        : { json: config['secrets.keyring'] };
    if ('file' in source) await requireOldKeyring(ctx, source.file);
    const keyring = await openKeyring(source, { random, clock, log });
    return { database, ctx, keyring, isFirstStart: await makeOwner(ctx) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** A new keyring opens nothing that is stored: made silently, it would look as if the secrets were lost. */
async function requireOldKeyring(ctx: Ctx, file: string): Promise<void> {
  if (!isMissing(file) || !((await hasSealedSecrets(ctx)) || (await hasSealedChannels(ctx)))) return;
  throw new Failure('config_invalid', {
    message: `the keyring file ${file} does not exist, but the database holds secrets that only its keys open`,
    hint:
      'restore the file from a copy, or point secrets.keyring_file or secrets.keyring at the keyring; if it is lost, ' +
      'delete the rows of credentials, set upstreams.header_override and payment_channels.secrets to the empty text in ' +
      'the database, and enter them anew',
    param: 'secrets.keyring_file',
  });
}

/** Only that it is not there: a file that may not be looked at is refused, with the reason, when it is opened. */
function isMissing(file: string): boolean {
  try {
    statSync(file);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

async function makeOwner(ctx: Ctx): Promise<boolean> {
  if ((await countUsers(ctx)) > 0) return false;
  await createUser(ctx, { name: 'owner', role: 'root', limits: NO_LIMITS });
  return true;
}

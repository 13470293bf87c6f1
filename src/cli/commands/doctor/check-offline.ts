import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../../core/config/index.ts';
import type { Database, Migration } from '../../../core/database/index.ts';
import { asCommandFailed } from '../../command-failed.ts';
import { openInstalled, socketOf, sqliteFileOf } from '../installation.ts';
import type { Check } from './report.ts';

/** What can be found out while the daemon is down: files, and the database itself. */
export async function checkOffline(config: Config, steps: readonly Migration[]): Promise<Check[]> {
  return [
    { name: 'config', state: 'ok', detail: 'every key and value is valid' },
    {
      name: 'daemon',
      state: 'fail',
      detail: `nobody listens on ${socketOf(config)}`,
      fix: 'start it with: realms serve',
    },
    checkDataFolder(config),
    checkKeyring(config),
    ...(await checkDatabase(config, steps)),
  ];
}

function checkDataFolder(config: Config): Check {
  const folder = config['data.dir'];
  const found = existsSync(folder) ? statSync(folder) : null;
  if (found === null) {
    return {
      name: 'data-folder',
      state: 'warn',
      detail: `${folder} does not exist yet`,
      fix: 'the first start makes it',
    };
  }
  if (!found.isDirectory()) {
    return {
      name: 'data-folder',
      state: 'fail',
      detail: `${folder} is not a folder`,
      fix: 'name another with data.dir',
    };
  }
  return { name: 'data-folder', state: 'ok', detail: folder };
}

function checkKeyring(config: Config): Check {
  if (config['secrets.keyring'].reveal() !== '') {
    return { name: 'keyring', state: 'ok', detail: 'comes from the environment' };
  }
  const file = config['secrets.keyring_file'] || join(config['data.dir'], 'keyring.json');
  if (!existsSync(file)) {
    const isNew = sqliteFileOf(config) !== null && !existsSync(sqliteFileOf(config) ?? '');
    const fix = isNew
      ? 'the first start makes it'
      : 'bring it back from a backup: stored secrets cannot be opened without it';
    return { name: 'keyring', state: isNew ? 'warn' : 'fail', detail: `${file} does not exist`, fix };
  }
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    const detail = `${file} has mode 0${mode.toString(8)}: others may read it`;
    return { name: 'keyring', state: 'fail', detail, fix: `chmod 600 ${file}` };
  }
  return { name: 'keyring', state: 'ok', detail: `${file}, mode 0${mode.toString(8)}` };
}

async function checkDatabase(config: Config, steps: readonly Migration[]): Promise<Check[]> {
  const database = await openInstalled(config).catch(asCommandFailed);
  if (database instanceof Error) {
    const fix = database.facts.hint ?? 'see whether the database runs and the address is right';
    return [{ name: 'database', state: 'fail', detail: database.message, fix }];
  }
  if (database === null) {
    return [
      {
        name: 'database',
        state: 'warn',
        detail: `${sqliteFileOf(config)} does not exist yet`,
        fix: 'the first start makes it',
      },
    ];
  }
  try {
    const { version, settings } = await database.describe();
    const durability = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    return [
      { name: 'database', state: 'ok', detail: [version, ...durability].join(' ') },
      await checkSchema(database, steps),
    ];
  } finally {
    await database.close();
  }
}

async function checkSchema(database: Database, steps: readonly Migration[]): Promise<Check> {
  const { migrationStatus } = await import('../../../core/database/index.ts');
  const { pending, unknown, changed } = await migrationStatus(database, steps);
  if (unknown.length > 0) {
    const detail = `made by a newer Realms: ${unknown.join(', ')}`;
    return { name: 'schema', state: 'fail', detail, fix: 'run the newer version of Realms' };
  }
  if (changed.length > 0) {
    return { name: 'schema', state: 'fail', detail: `made by another build: ${changed.join(', ')}` };
  }
  if (pending.length > 0) {
    return {
      name: 'schema',
      state: 'warn',
      detail: `${pending.length} steps to go`,
      fix: 'the next start does them; or: realms migrate up',
    };
  }
  return { name: 'schema', state: 'ok', detail: `${steps.length} steps applied` };
}

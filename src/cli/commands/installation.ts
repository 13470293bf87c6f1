import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../../core/config/index.ts';
import type { Database } from '../../core/database/index.ts';
import type { Client } from '../client/client.ts';
import { asCommandFailed } from '../command-failed.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { text } from '../flags.ts';

/** Where the installation on this machine is, for the few commands that work while its daemon is down. */
export const INSTALLATION_FLAGS = {
  config: text('FILE', 'config file of the daemon; REALMS_CONFIG names one too'),
  data: text('DIR', 'data folder of the daemon (default ./data)'),
};

interface InstallationFlags {
  readonly config: string | undefined;
  readonly data: string | undefined;
}

export async function loadInstallation(context: Context, flags: InstallationFlags): Promise<Config> {
  const { loadConfig } = await import('../../core/config/index.ts');
  const file = flags.config ?? (context.env['REALMS_CONFIG'] || undefined);
  const { config } = await loadConfig({
    env: context.env,
    ...(file === undefined ? {} : { file }),
    overrides: flags.data === undefined ? {} : { 'data.dir': flags.data },
  });
  return config;
}

export function socketOf(config: Config): string {
  return config['admin.socket'] === '' ? resolve(config['data.dir'], 'admin.sock') : config['admin.socket'];
}

/** The path of the SQLite file; null when the database is PostgreSQL. */
export function sqliteFileOf(config: Config): string | null {
  return config['database.url'].reveal() === '' ? join(config['data.dir'], 'realms.db') : null;
}

/**
 * The daemon of this installation, when it answers. A target that was named wins over the one that the config names.
 * Null: nobody listens there, so the database may be opened.
 */
export async function runningDaemon(
  context: Context,
  config: Config,
  flags: InstallationFlags,
): Promise<Client | null> {
  const client = await connect(context, config, flags);
  try {
    const { showHealth } = await import('../../core/contract/index.ts');
    await client.call(showHealth, {});
    return client;
  } catch (error) {
    const failed = asCommandFailed(error);
    if (failed.facts.code === 'daemon_unreachable' && client.target.kind === 'socket') return null;
    // It answered, though not with what was hoped for: it runs.
    if (failed.exit !== EXIT.unreachable) return client;
    throw failed;
  }
}

async function connect(context: Context, config: Config, flags: InstallationFlags): Promise<Client> {
  const { socket, url } = context.flags;
  const isNamed = socket ?? url ?? context.env['REALMS_SOCKET'] ?? context.env['REALMS_URL'];
  const isLocated = flags.config ?? flags.data ?? context.env['REALMS_CONFIG'];
  if (isNamed || !(isLocated || existsSync(socketOf(config)))) return context.client();
  return context.client({ kind: 'socket', path: socketOf(config), why: 'admin.socket of the config', alsoTried: [] });
}

/** Opens the database while the daemon is down; null when there is none yet, for nothing is made by looking. */
export async function openInstalled(config: Config): Promise<Database | null> {
  const [{ openDatabase }, { silentLog }] = await Promise.all([
    import('../../core/database/index.ts'),
    import('../../core/log.ts'),
  ]);
  const path = sqliteFileOf(config);
  if (path === null) {
    return openDatabase({ kind: 'postgres', url: config['database.url'], poolMax: 2 }, silentLog);
  }
  return existsSync(path) ? openDatabase({ kind: 'sqlite', path }, silentLog) : null;
}

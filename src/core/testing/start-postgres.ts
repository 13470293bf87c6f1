import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findInstalledPostgres, type PostgresBinaries, unpackPackagedPostgres } from './postgres-binaries.ts';

const START_TIMEOUT_S = 60;
const PORT_TRIES = 3;
/** Durability is off: a test run that loses power starts again. */
const SETTINGS = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 64MB
fsync = off
synchronous_commit = off
full_page_writes = off
max_parallel_workers_per_gather = 0
jit = off
timezone = UTC
`;

export interface RunningPostgres {
  readonly url: string;
  readonly origin: PostgresBinaries['origin'];
  /** Everything the server has on disk. */
  readonly folder: string;
  /** Fast shutdown, then deletes the server's folder. */
  stop(): Promise<void>;
}

/** Vitest calls this once before the first worker; workers inherit REALMS_TEST_POSTGRES_URL. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['REALMS_TEST_POSTGRES_URL'];
  if (given) {
    await requireAnswer(given);
    return undefined;
  }
  const server = await startPostgres();
  process.env['REALMS_TEST_POSTGRES_URL'] = server.url;
  return async () => {
    delete process.env['REALMS_TEST_POSTGRES_URL'];
    await server.stop();
  };
}

/** Starts a server of its own on a free loopback port: this machine's binaries, else the packaged ones. */
export async function startPostgres(options: { readonly packaged?: boolean } = {}): Promise<RunningPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'realms-postgres-'));
  try {
    const owner = serverUser();
    const installed = options.packaged ? undefined : findInstalledPostgres();
    const binaries = installed ?? unpackPackagedPostgres(join(folder, 'native'));
    if (owner) execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, folder]);
    const data = join(folder, 'data');
    const initArgs = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    execFileSync(join(binaries.bin, 'initdb'), initArgs, { cwd: folder, stdio: 'pipe', ...owner });
    appendFileSync(join(data, 'postgresql.conf'), SETTINGS);
    const port = await startOnFreePort(binaries, folder, owner);
    const keeper = startKeeper(binaries, folder, owner);
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    await requireAnswer(url);
    return { url, origin: binaries.origin, folder, stop: keeper.stop };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error('the tests need PostgreSQL and could not start one; set REALMS_TEST_POSTGRES_URL to use another', {
      cause: error,
    });
  }
}

interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, so root lends the server another user. */
function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('running as root, and there is neither a user "postgres" nor "nobody" to run the server');
}

async function startOnFreePort(
  binaries: PostgresBinaries,
  folder: string,
  owner: ServerUser | undefined,
): Promise<number> {
  const log = join(folder, 'log');
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const args = ['start', '-w', '-s', '-t', String(START_TIMEOUT_S), '-D', join(folder, 'data'), '-l', log];
    try {
      // No pipes: the server would inherit them and pg_ctl would seem to never end.
      execFileSync(join(binaries.bin, 'pg_ctl'), [...args, '-o', `-p ${port}`], {
        cwd: folder,
        stdio: 'ignore',
        ...owner,
      });
      return port;
    } catch (error) {
      const reason = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-10).join('\n') : 'no log';
      if (attempt === PORT_TRIES) throw new Error(`PostgreSQL did not start: ${reason}`, { cause: error });
    }
  }
}

/**
 * A small shell that waits for its stdin to close, which also happens when the test run is killed, then stops the
 * server and deletes its folder. It has a session of its own, so that Ctrl-C does not reach it.
 */
function startKeeper(
  binaries: PostgresBinaries,
  folder: string,
  owner: ServerUser | undefined,
): { stop(): Promise<void> } {
  const script = 'read -r _; "$1" stop -s -w -m fast -D "$2/data"; cd /; rm -rf "$2"';
  const keeper = spawn('/bin/sh', ['-c', script, 'sh', join(binaries.bin, 'pg_ctl'), folder], {
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    ...owner,
  });
  // It must never hold the run open; `stop` waits for it explicitly.
  keeper.unref();
  if ('unref' in keeper.stdin && typeof keeper.stdin.unref === 'function') keeper.stdin.unref();
  return {
    async stop() {
      const ended = once(keeper, 'exit');
      keeper.ref();
      keeper.stdin.end();
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function requireAnswer(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: START_TIMEOUT_S * 1_000 });
  try {
    await client.connect();
    await client.query('SELECT 1');
  } catch (error) {
    throw new Error('PostgreSQL at REALMS_TEST_POSTGRES_URL does not answer', { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}

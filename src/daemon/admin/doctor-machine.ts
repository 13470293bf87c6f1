import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdminDeps } from './admin-deps.ts';
import { fail, type NamedCheck, ok, warn } from './doctor-check.ts';

const GIB = 1024 ** 3;
const DISK_WARN_BYTES = GIB;
const DISK_FAIL_BYTES = GIB / 5;
const ANYBODY = 0o007;
const NOT_OWNER = 0o077;

export function machineChecks(deps: AdminDeps): readonly NamedCheck[] {
  return [
    ['disk-space', () => checkDisk(deps)],
    ['keyring-permissions', () => checkKeyringFile(deps)],
    ['socket-permissions', () => checkSocket(deps)],
    ['listen-address', () => checkListen(deps.config['server.listen'])],
    ['admin-address', () => checkAdminListen(deps.config['admin.listen'])],
  ];
}

async function checkDisk({ config }: AdminDeps) {
  const { bavail, bsize } = await statfs(config['data.dir']);
  const free = bavail * bsize;
  const detail = `${(free / GIB).toFixed(1)} GiB free in ${config['data.dir']}`;
  const fix = 'free some space, or keep usage for fewer days: realms settings set usage.event_retention_days <n>';
  if (free < DISK_FAIL_BYTES) return fail(detail, fix);
  return free < DISK_WARN_BYTES ? warn(detail, fix) : ok(detail);
}

async function checkKeyringFile({ config, keyring }: AdminDeps) {
  if (!keyring.isWritable) return ok('the keyring is not in a file');
  const file = config['secrets.keyring_file'] || join(config['data.dir'], 'keyring.json');
  const mode = (await stat(file)).mode & 0o777;
  if ((mode & NOT_OWNER) === 0) return ok(`${file} ${octal(mode)}`);
  return fail(`${file} ${octal(mode)}: others can read it`, `chmod 600 ${file}`);
}

async function checkSocket(deps: AdminDeps) {
  const path = deps.status().listeners.adminSocket;
  if (path === null) return ok('there is no admin socket');
  const mode = (await stat(path)).mode & 0o777;
  if ((mode & ANYBODY) === 0) return ok(`${path} ${octal(mode)}`);
  return fail(`${path} ${octal(mode)}: everybody on this machine is root here`, `chmod 660 ${path}`);
}

function checkListen(address: string) {
  if (isLoopback(address)) return ok(`${address}, only from this machine`);
  return warn(`${address} is reachable from outside and speaks plain HTTP`, 'put a proxy with TLS in front of it');
}

function checkAdminListen(address: string) {
  if (address === '') return ok('off');
  if (isLoopback(address)) return ok(`${address}, only from this machine`);
  return fail(
    `${address} takes admin tokens over plain HTTP from outside`,
    'set admin.listen to 127.0.0.1 behind a proxy with TLS',
  );
}

function isLoopback(address: string): boolean {
  const host = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

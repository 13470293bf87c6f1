import { existsSync, readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { Secret } from '../../core/secret.ts';
import { wrongUsage } from '../command-failed.ts';
import type { Env } from '../io.ts';

/** Where the daemon is, and why it is looked for there. */
export type Target =
  | { readonly kind: 'socket'; readonly path: string; readonly why: string; readonly alsoTried: readonly string[] }
  | { readonly kind: 'url'; readonly url: URL; readonly why: string; readonly token: Secret | null };

export interface TargetFlags {
  readonly socket?: string | undefined;
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
}

/** Flags before environment before what is found on this machine. */
export function findTarget(flags: TargetFlags, env: Env, exists: (path: string) => boolean = existsSync): Target {
  if (flags.socket !== undefined && flags.url !== undefined) {
    throw wrongUsage('--socket and --url name two daemons', 'give one of them');
  }
  if (flags.socket !== undefined) return socketAt(flags.socket, '--socket');
  if (flags.url !== undefined) return urlAt(flags.url, '--url', flags, env);
  if (env['REALMS_SOCKET']) return socketAt(env['REALMS_SOCKET'], 'REALMS_SOCKET');
  if (env['REALMS_URL']) return urlAt(env['REALMS_URL'], 'REALMS_URL', flags, env);

  const places = usualPlaces(env);
  const found = places.find((path) => exists(path));
  const path = found ?? join('data', 'admin.sock');
  return { kind: 'socket', path: resolve(path), why: found ? 'found' : 'looked for', alsoTried: found ? [] : places };
}

/** True when what is sent to this address can be read on its way. */
export function isExposed(url: URL): boolean {
  return url.protocol === 'http:' && !isLoopback(url.hostname);
}

function usualPlaces(env: Env): string[] {
  const runtime = env['XDG_RUNTIME_DIR'];
  return ['/run/realms/admin.sock', ...(runtime ? [join(runtime, 'realms', 'admin.sock')] : []), './data/admin.sock'];
}

function socketAt(path: string, why: string): Target {
  return { kind: 'socket', path: resolve(path), why, alsoTried: [] };
}

function urlAt(text: string, why: string, flags: TargetFlags, env: Env): Target {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw wrongUsage(`${why} is not an http or https address: ${text}`, 'like --url https://realms.example:8443');
  }
  if (url.username || url.password) {
    throw wrongUsage(`${why} must not hold a password`, 'put the token into a file: --token-file FILE');
  }
  return { kind: 'url', url, why, token: readToken(flags.tokenFile, env) };
}

function readToken(flag: string | undefined, env: Env): Secret | null {
  if (flag === undefined && env['REALMS_TOKEN']) return new Secret(env['REALMS_TOKEN']);
  const file = flag ?? env['REALMS_TOKEN_FILE'];
  if (!file) return null;
  try {
    if (!statSync(file).isFile()) throw wrongUsage(`the token file ${file} is not a file`);
    const token = readFileSync(file, 'utf8').trim();
    if (token === '') throw wrongUsage(`the token file ${file} is empty`);
    return new Secret(token);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw code ? wrongUsage(`the token file ${file} cannot be read (${code})`) : error;
  }
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

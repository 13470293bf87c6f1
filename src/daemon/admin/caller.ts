import type { FastifyRequest } from 'fastify';
import type { RequiredRole } from '../../core/contract/index.ts';
import { Failure } from '../../core/failure.ts';
import type { AdminRole } from '../../core/identity/index.ts';

/** Who calls the admin API, and why, as far as they say. */
export interface Caller {
  readonly role: AdminRole;
  /** `local:admin.sock` or `token:<name>`; what the audit log shows. */
  readonly actor: string;
  readonly reason: string | null;
}

const RANKS: Readonly<Record<RequiredRole, number>> = { open: 0, operator: 1, admin: 2, root: 3 };
const REASON_MAX = 500;
const NAME = /^[A-Za-z0-9._@\\-]{1,64}$/;

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until authenticated, and on routes that are open to everybody. */
    adminCaller: Caller | null;
  }
}

/** @throws Failure forbidden */
export function requireRole(caller: Caller | null, needed: RequiredRole): void {
  const rank = caller === null ? 0 : RANKS[caller.role];
  if (rank >= RANKS[needed]) return;
  throw new Failure('forbidden', {
    message: `this needs the role ${needed}`,
    hint: `use a token with the role ${needed}, or the admin socket on the machine of the daemon`,
  });
}

/** Why the caller does it: the header `Realms-Reason`, percent-encoded where it is not ASCII. */
export function reasonOf(request: FastifyRequest): string | null {
  const text = headerText(request, 'realms-reason');
  if (text === undefined) return null;
  const reason = decodePercent(text)
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, REASON_MAX);
  return reason === '' ? null : reason;
}

/** The name that a local caller claims in `Realms-Actor`. Anybody can claim any, so it is marked as a claim. */
export function claimedName(request: FastifyRequest): string {
  const name = headerText(request, 'realms-actor');
  return name !== undefined && NAME.test(name) ? ` (says: ${name})` : '';
}

function headerText(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

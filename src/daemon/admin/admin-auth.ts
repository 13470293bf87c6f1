import type { FastifyRequest } from 'fastify';
import type { Ctx } from '../../core/database/index.ts';
import { Failure } from '../../core/failure.ts';
import { findAdminTokenByText } from '../../core/identity/index.ts';
import { SECOND_MS } from '../../core/time.ts';
import { AttemptLimit } from '../attempt-limit.ts';
import { type Caller, claimedName, reasonOf } from './caller.ts';

/**
 * How callers reach this instance of the API. Whoever may open the socket is root: its file permissions are the check.
 * An instance serves one door only, because a destroyed TCP connection has no address either and must not pass for local.
 */
export type AdminDoor = { readonly kind: 'socket'; readonly name: string } | { readonly kind: 'tcp' };

const FAILURES_MAX = 20;
const TOKEN_MAX_CHARS = 512;

/** Thrown when an address has tried too many wrong tokens. */
export class TooManyAttempts extends Error {
  readonly retryAfterS: number;

  constructor(retryAfterMs: number) {
    super('too many wrong tokens from this address');
    this.retryAfterS = Math.ceil(retryAfterMs / SECOND_MS);
  }
}

export function buildAuthenticate(ctx: Ctx, door: AdminDoor): (request: FastifyRequest) => Promise<Caller> {
  if (door.kind === 'socket') {
    return async (request) => ({
      role: 'root',
      actor: `local:${door.name}${claimedName(request)}`,
      reason: reasonOf(request),
    });
  }
  const attempts = new AttemptLimit(ctx.clock, FAILURES_MAX);
  return async (request) => {
    const waitMs = attempts.waitMs(request.ip);
    if (waitMs > 0) throw new TooManyAttempts(waitMs);
    const text = bearerOf(request);
    const token = text === undefined ? undefined : await findAdminTokenByText(ctx, text);
    if (!token) {
      // A call without any token is a mistake, not a guess.
      if (text !== undefined) attempts.count(request.ip);
      throw unauthenticated(text !== undefined);
    }
    return { role: token.role, actor: `token:${token.name}`, reason: reasonOf(request) };
  };
}

function bearerOf(request: FastifyRequest): string | undefined {
  const match = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '');
  const text = match?.[1];
  return text !== undefined && text.length <= TOKEN_MAX_CHARS ? text : undefined;
}

/** One answer for a wrong, an expired and a revoked token: which of them it was is nobody's business. */
function unauthenticated(hadToken: boolean): Failure {
  return new Failure('unauthenticated', {
    message: hadToken ? 'the admin token is not valid' : 'this needs an admin token',
    hint: 'send Authorization: Bearer <token>; make one with: realms token create',
  });
}

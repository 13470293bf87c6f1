import { type ApiKey, hashKeyText, type IdentitySnapshot, type User } from '../../core/identity/index.ts';
import type { EpochMs } from '../../core/time.ts';
import { isInNetworks } from './client-address.ts';
import type { Refusal } from './refusal.ts';
import type { Incoming } from './relay-request.ts';

/** Who asks. */
export interface Caller {
  readonly user: User;
  readonly key: ApiKey;
}

export type AuthenticateAnswer =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly caller: Caller | null };

/**
 * Finds the key by its hash. A look-up by SHA-256 leaks nothing by its timing: to learn anything from a near miss,
 * one would need a text whose hash begins like a stored one.
 */
export function authenticate(incoming: Incoming, identity: IdentitySnapshot, now: EpochMs): AuthenticateAnswer {
  if (!incoming.token) {
    return refused(null, 401, 'missing_api_key', 'No API key was given: send it as "Authorization: Bearer sk-…".');
  }
  const found = identity.keyByHash.get(hashOf(incoming, incoming.token));
  if (!found) return refused(null, 401, 'invalid_api_key', 'This API key is not known here.');
  const { key, user } = found;
  if (!key.enabled) return refused(found, 401, 'key_disabled', `The key "${key.name}" is disabled.`);
  if (key.expiresAt !== null && key.expiresAt <= now) {
    return refused(found, 401, 'key_expired', `The key "${key.name}" has expired.`);
  }
  if (key.notBefore !== null && key.notBefore > now) {
    return refused(found, 401, 'key_not_yet_valid', `The key "${key.name}" is not valid yet.`);
  }
  if (user.status === 'suspended' || user.status === 'closed') {
    return refused(found, 403, 'account_suspended', 'This account is suspended.');
  }
  if (key.allowedIps.length > 0 && !isInNetworks(incoming.ip, key.allowedIps)) {
    return refused(found, 403, 'ip_not_allowed', `The key "${key.name}" may not be used from ${incoming.ip}.`);
  }
  return { kind: 'caller', caller: found };
}

/** A client that keeps its connection sends the same head with every request, and then this is worked out once. */
const remembered = new WeakMap<Incoming, string>();

function hashOf(incoming: Incoming, token: string): string {
  const known = remembered.get(incoming);
  if (known !== undefined) return known;
  const hash = hashKeyText(token);
  remembered.set(incoming, hash);
  return hash;
}

function refused(caller: Caller | null, status: number, code: string, message: string): AuthenticateAnswer {
  const type = status === 401 ? 'authentication_error' : 'permission_error';
  return { kind: 'refused', caller, refusal: { status, code, type, message, mayRetry: false } };
}

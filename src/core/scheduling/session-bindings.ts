import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { WriteQueue } from '../database/index.ts';
import type { CredentialId, UserId } from '../ids.ts';
import type { EpochMs } from '../time.ts';
import { SESSION_TABLE, type StoredBinding, sessionRow } from './session-store.ts';

export const SESSIONS_MAX = 100_000;

/**
 * Where each conversation's cache is: soft stickiness. Keys are namespaced by user and hashed, so that no user can
 * steer or read another's. A binding is rewritten only when it moves or has lived half of its time.
 */
export class SessionBindings {
  readonly #bindings = new LRUCache<string, { credentialId: CredentialId; expiresAt: number }>({ max: SESSIONS_MAX });
  readonly #queue: WriteQueue;

  /** `stored` as loadSessionBindings gives it: latest end first, and that one is to be forgotten last. */
  constructor(queue: WriteQueue, stored: readonly StoredBinding[] = []) {
    this.#queue = queue;
    for (const binding of stored.toReversed()) this.#bindings.set(binding.sessionKey, binding);
  }

  find(sessionKey: string, now: EpochMs): CredentialId | null {
    const binding = this.#bindings.get(sessionKey);
    return binding && binding.expiresAt > now ? binding.credentialId : null;
  }

  bind(sessionKey: string, credentialId: CredentialId, now: EpochMs, ttlMs: number): void {
    const known = this.#bindings.get(sessionKey);
    if (known?.credentialId === credentialId && known.expiresAt > now + ttlMs / 2) return;
    const binding = { sessionKey, credentialId, expiresAt: (now + ttlMs) as EpochMs };
    this.#bindings.set(sessionKey, binding);
    this.#queue.add(SESSION_TABLE, sessionRow(binding));
  }
}

/** Makes the key of a conversation from what the client calls it. */
export function sessionKeyOf(userId: UserId, name: string): string {
  return createHash('sha256').update(`${userId}\u0000${name}`).digest('base64url');
}

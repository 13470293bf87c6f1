import { createHash } from 'node:crypto';
import { DAY_MS, type EpochMs } from '../../time.ts';
import { StripeRefusal } from './stripe-refusal.ts';

export interface SavedAnswer {
  readonly status: number;
  readonly body: string;
  /** Of the request that did it. */
  readonly requestId: string;
}

interface Kept extends SavedAnswer {
  readonly fingerprint: string;
  readonly at: EpochMs;
}

const KEY_MAX_CHARS = 255;

/** Answers under their keys: the first one counts, whatever it was, for a day. */
export class IdempotencyKeys {
  readonly #kept = new Map<string, Kept>();

  /** @throws StripeRefusal when the key was used for something else */
  saved(key: string, fingerprint: string, now: EpochMs): SavedAnswer | undefined {
    if (key.length > KEY_MAX_CHARS) {
      throw new StripeRefusal({ status: 400, type: 'idempotency_error', message: 'The idempotency key is too long' });
    }
    const kept = this.#kept.get(key);
    if (kept === undefined || now - kept.at >= DAY_MS) return undefined;
    if (kept.fingerprint === fingerprint) return kept;
    throw new StripeRefusal({
      status: 400,
      type: 'idempotency_error',
      message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}'.`,
    });
  }

  save(key: string, fingerprint: string, now: EpochMs, answer: SavedAnswer): void {
    this.#kept.set(key, { ...answer, fingerprint, at: now });
  }
}

export function fingerprintOf(method: string, path: string, body: string): string {
  return createHash('sha256').update(`${method} ${path}\n${body}`).digest('hex');
}

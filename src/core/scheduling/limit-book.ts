import type { RateLimits } from '../identity/index.ts';
import type { EpochMs } from '../time.ts';
import { RateWindow } from './rate-window.ts';

/** Somebody or something that has limits: a user, a key, a credential, a model of a credential. */
export interface LimitSubject {
  readonly key: string;
  readonly limits: RateLimits;
}

export interface LimitRefusal {
  readonly subject: string;
  readonly limit: 'rpm' | 'tpm' | 'concurrency';
  /** When asking again can help; a guess for concurrency. */
  readonly retryAfterMs: number;
}

/** Room that was taken; give it back exactly once. */
export interface LimitHold {
  readonly subjects: readonly LimitSubject[];
  readonly tokens: number;
  readonly at: EpochMs;
}

interface Counters {
  readonly requests: RateWindow;
  readonly tokens: RateWindow;
  inflight: number;
}

const CONCURRENCY_RETRY_MS = 1_000;
const SUBJECTS_MAX = 100_000;

/** Requests a minute, tokens a minute and requests at once, for everything that has a limit. All or nothing. */
export class LimitBook {
  readonly #counters = new Map<string, Counters>();

  /** The first limit that has no room, or null. Takes nothing. */
  check(subjects: readonly LimitSubject[], tokens: number, now: EpochMs): LimitRefusal | null {
    for (const subject of subjects) {
      const counters = this.#counters.get(subject.key);
      const refusal = counters && refuse(subject, counters, tokens, now);
      if (refusal) return refusal;
    }
    return null;
  }

  /** Takes one request and the estimated tokens from every subject. Call `check` first in the same turn. */
  take(subjects: readonly LimitSubject[], tokens: number, now: EpochMs): LimitHold {
    for (const subject of subjects) {
      const counters = this.#of(subject.key);
      counters.requests.add(1, now);
      counters.tokens.add(tokens, now);
      counters.inflight++;
    }
    return { subjects, tokens, at: now };
  }

  /** Ends a hold; the estimate is corrected to what was really used. */
  release(hold: LimitHold, actualTokens: number, now: EpochMs): void {
    for (const subject of hold.subjects) {
      const counters = this.#counters.get(subject.key);
      if (!counters) continue;
      counters.inflight--;
      counters.tokens.correct(actualTokens - hold.tokens, hold.at, now);
    }
  }

  #of(key: string): Counters {
    const known = this.#counters.get(key);
    if (known) return known;
    if (this.#counters.size >= SUBJECTS_MAX) this.#dropIdle();
    const fresh = { requests: new RateWindow(), tokens: new RateWindow(), inflight: 0 };
    this.#counters.set(key, fresh);
    return fresh;
  }

  /** Idle subjects are forgotten oldest first; a forgotten one loses at most a minute of history. */
  #dropIdle(): void {
    for (const [key, counters] of this.#counters) {
      if (counters.inflight === 0) this.#counters.delete(key);
      if (this.#counters.size < SUBJECTS_MAX * 0.9) return;
    }
  }
}

/** True when nothing is limited, so that the subject need not be counted at all. Null and 0 limit nothing. */
export function isUnlimited(limits: RateLimits): boolean {
  return !limits.rpm && !limits.tpm && !limits.concurrency;
}

function refuse(subject: LimitSubject, counters: Counters, tokens: number, now: EpochMs): LimitRefusal | null {
  const { rpm, tpm, concurrency } = subject.limits;
  if (concurrency && counters.inflight >= concurrency) {
    return { subject: subject.key, limit: 'concurrency', retryAfterMs: CONCURRENCY_RETRY_MS };
  }
  if (rpm && counters.requests.sum(now) >= rpm) {
    return { subject: subject.key, limit: 'rpm', retryAfterMs: counters.requests.roomInMs(1, rpm, now) };
  }
  // A single request larger than the whole limit is let through when the window is empty: it could never run otherwise.
  const used = tpm ? counters.tokens.sum(now) : 0;
  if (tpm && used > 0 && used + tokens > tpm) {
    return { subject: subject.key, limit: 'tpm', retryAfterMs: counters.tokens.roomInMs(tokens, tpm, now) };
  }
  return null;
}

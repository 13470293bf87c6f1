import type { QueuedTable, WriteQueue } from '../database/index.ts';
import type { CooldownId } from '../ids.ts';
import { newId } from '../ids.ts';
import type { Random } from '../random.ts';
import type { EpochMs } from '../time.ts';
import type { Candidate } from './candidate.ts';
import { type Cooldown, LASTING_REASONS } from './cooldown.ts';
import { COOLDOWN_TABLE, cooldownRow } from './cooldown-store.ts';

export type NewCooldown = Omit<Cooldown, 'id' | 'createdAt' | 'rung'> & { readonly rung?: number };

/** All rests in force, in memory for the picks and as rows for the next start. */
export class CooldownBook {
  readonly #open = new Map<string, Cooldown>();
  /** Consecutive failures without a hint, by subject; one rung for each rest that ran out and failed again. */
  readonly #rungs = new Map<string, number>();
  readonly #queue: WriteQueue;
  readonly #random: Random;

  constructor(queue: WriteQueue, random: Random, stored: readonly Cooldown[] = []) {
    this.#queue = queue;
    this.#random = random;
    for (const cooldown of stored) {
      this.#open.set(cooldown.subject, cooldown);
      if (cooldown.rung > 0) this.#rungs.set(cooldown.subject, cooldown.rung);
    }
  }

  /** The rest that keeps a candidate from being picked now, if there is one; of several, the one that ends last. */
  blocking(candidate: Candidate, now: EpochMs): Cooldown | null {
    if (this.#open.size === 0) return null;
    const { credential, credentialModel, endpoint } = candidate.subjects;
    const ofKey = later(this.#active(credential, now), this.#active(credentialModel, now));
    return later(ofKey, this.#active(endpoint, now));
  }

  /** The rung that the next rest of a subject stands on: at most one step for each rest, however many requests fail in it. */
  nextRung(subject: string, now: EpochMs): number {
    const rung = this.#rungs.get(subject) ?? 0;
    return this.#active(subject, now) ? Math.max(rung, 1) : rung + 1;
  }

  /** Begins a rest, or lengthens the one that is open. A shorter one than the open one changes nothing. */
  begin(input: NewCooldown, now: EpochMs): Cooldown | null {
    const open = this.#active(input.subject, now);
    if (open && open.until >= input.until) return null;
    const cooldown: Cooldown = {
      ...input,
      rung: input.rung ?? 0,
      id: open?.id ?? newId('cool', now, this.#random),
      createdAt: open?.createdAt ?? now,
    };
    this.#open.set(cooldown.subject, cooldown);
    if (cooldown.rung > 0) this.#rungs.set(cooldown.subject, cooldown.rung);
    this.#queue.add(COOLDOWN_TABLE satisfies QueuedTable, cooldownRow(cooldown, null));
    return cooldown;
  }

  /**
   * A request succeeded here: rests that this refutes end now, and the ladders start over. One that was sent before the
   * rest began says nothing about it: `sentAt` is when it left.
   */
  reportSuccess(candidate: Candidate, now: EpochMs, sentAt: EpochMs = now): void {
    if (this.#open.size === 0 && this.#rungs.size === 0) return;
    for (const subject of [
      candidate.subjects.credential,
      candidate.subjects.credentialModel,
      candidate.subjects.endpoint,
    ]) {
      const open = this.#active(subject, now);
      if (open && open.createdAt > sentAt) continue;
      this.#rungs.delete(subject);
      if (open && !LASTING_REASONS.has(open.reason)) this.#end(open, now, 'a request succeeded');
    }
  }

  /** Ends every rest of a credential and of the endpoint that it was tested at, whatever the reason: a test showed that both work. */
  reportHealthy(tested: { readonly credentialId: string; readonly endpointId: string }, now: EpochMs): void {
    const { credentialId, endpointId } = tested;
    for (const cooldown of this.list(now)) {
      const { subject } = cooldown;
      if (subject === credentialId || subject === endpointId || subject.startsWith(`${credentialId} `)) {
        this.#end(cooldown, now, 'a test succeeded');
      }
    }
  }

  /** Ends a rest for `reason` that began before something was seen, at `seenAt`, that refutes it. False when there is none. */
  refute(subject: string, reason: string, seen: { readonly at: EpochMs; readonly why: string }, now: EpochMs): boolean {
    const open = this.#active(subject, now);
    if (!open || open.reason !== reason || open.createdAt > seen.at) return false;
    this.#end(open, now, seen.why);
    return true;
  }

  /** Ends one rest by its id. False when there is none. */
  clear(id: string, now: EpochMs, why: string): boolean {
    const cooldown = [...this.#open.values()].find((open) => open.id === (id as CooldownId));
    if (!cooldown || cooldown.until <= now) return false;
    this.#end(cooldown, now, why);
    return true;
  }

  /** All rests in force, soonest end first. */
  list(now: EpochMs): readonly Cooldown[] {
    return [...this.#open.values()].filter((open) => open.until > now).sort((a, b) => a.until - b.until);
  }

  #active(subject: string, now: EpochMs): Cooldown | null {
    const open = this.#open.get(subject);
    if (!open) return null;
    if (open.until > now) return open;
    this.#open.delete(subject);
    return null;
  }

  #end(cooldown: Cooldown, now: EpochMs, why: string): void {
    this.#open.delete(cooldown.subject);
    this.#rungs.delete(cooldown.subject);
    this.#queue.add(COOLDOWN_TABLE, cooldownRow(cooldown, { at: now, why }));
  }
}

function later(one: Cooldown | null, other: Cooldown | null): Cooldown | null {
  if (!one || !other) return one ?? other;
  return other.until > one.until ? other : one;
}

// biome-ignore-all lint/style/noRestrictedGlobals: leases die without a sign of life at the right time, so they bring their own timer.
import type { Ctx, WriteQueue } from '../database/index.ts';
import { describeError } from '../failure.ts';
import { SECOND_MS } from '../time.ts';
import type { Lease } from './lease.ts';
import type { LeaseDesk } from './lease-desk.ts';
import type { QuotaFacts } from './leased-quota.ts';
import type { Overruns } from './overruns.ts';
import { releaseHolders } from './return-leases.ts';

const TICK_MS = 500;
/** A lease that holds nothing goes back after this long. */
const IDLE_MS = 2 * SECOND_MS;
/** One that is a small part of what its payer has, after this long: nobody misses it, and the next request needs it. */
const SMALL_IDLE_MS = 30 * SECOND_MS;
const SMALL_PART = 8;

export interface LeaseKeeperInput {
  readonly ctx: Ctx;
  readonly desk: LeaseDesk;
  readonly queue: WriteQueue;
  readonly overruns: Overruns;
  readonly facts: QuotaFacts;
  readonly leaseMs: number;
}

/** What leases need besides requests: signs of life, an end when they are idle, and somebody who buries the dead. */
export class LeaseKeeper {
  readonly #input: LeaseKeeperInput;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #beatAt = 0;
  #sweepAt = 0;

  constructor(input: LeaseKeeperInput) {
    this.#input = input;
  }

  start(): void {
    this.#timer = setInterval(() => void this.tick(), TICK_MS);
    this.#timer.unref();
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    await this.#running;
  }

  /** Does what is due. Two never run at once: the second call waits for the first. */
  tick(): Promise<void> {
    this.#running ??= this.#work().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #work(): Promise<void> {
    const { ctx, desk, leaseMs, facts, overruns, queue } = this.#input;
    const now = ctx.clock.now();
    if (now >= this.#beatAt) {
      this.#beatAt = now + leaseMs / 3;
      await this.#attempt('keep leases', () => desk.beat());
    }
    if (!overruns.isEmpty) {
      const floor = facts.config()['billing.balance_floor_usd_micros'];
      await this.#attempt('write off over-runs', () => overruns.writeOff(ctx, queue, floor));
    }
    await this.#attempt('give back idle leases', () => this.giveBackIdle());
    if (now >= this.#sweepAt && !facts.isFree()) {
      this.#sweepAt = now + leaseMs / 3;
      await this.#attempt('sweep dead leases', () => this.#sweep());
    }
  }

  /** Gives back what holds nothing: after a while, or at once for one user. */
  async giveBackIdle(userId?: string): Promise<void> {
    const { ctx, desk, queue } = this.#input;
    const now = ctx.clock.now();
    const idle: { lease: Lease; usedAt: Lease['usedAt'] }[] = [];
    for (const { lease } of desk.accounts) {
      if (!lease || lease.heldUsdMicros > 0) continue;
      const isDue = userId === undefined ? now - lease.usedAt >= idleMsOf(lease) : lease.userId === userId;
      if (isDue) idle.push({ lease, usedAt: lease.usedAt });
    }
    desk.forgetEmpty(now);
    if (idle.length === 0 && !desk.hasUnreturned) return;
    // What was charged out of them first: until it is in the database, giving back the rest would give back that too.
    await queue.flush();
    await desk.giveBack(idle);
  }

  async #sweep(): Promise<void> {
    const { ctx, leaseMs } = this.#input;
    // Half as long again as the holder itself believes: the clocks of two machines differ.
    const expiredBefore = (ctx.clock.now() - leaseMs / 2) as Lease['usedAt'];
    const holders = await releaseHolders(ctx, { expiredBefore });
    if (holders > 0) ctx.log.warn({ holders }, 'leases of daemons that are gone were given back');
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#input.ctx.log.error({ error: describeError(error) }, `could not ${what}, will try again`);
    }
  }
}

function idleMsOf(lease: Lease): number {
  const amount = lease.grantedUsdMicros - lease.spentUsdMicros;
  return amount * SMALL_PART <= lease.leftBehindUsdMicros ? SMALL_IDLE_MS : IDLE_MS;
}

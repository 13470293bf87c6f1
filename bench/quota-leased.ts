import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { configKeys } from '../src/core/config/index.ts';
import { WriteJournal, WriteQueue } from '../src/core/database/index.ts';
import { newId } from '../src/core/ids.ts';
import { silentLog } from '../src/core/log.ts';
import { openQuota, type QuotaFacts } from '../src/core/quota/index.ts';
import { loadSubscriptions } from '../src/core/subscriptions/index.ts';
import { USAGE_TABLE, usageRow } from '../src/core/usage/index.ts';
import { COST_USD_MICROS, eventOf, HELD_USD_MICROS, KEY_ID, type QuotaBooks, type QuotaWay } from './quota-way.ts';

/** Realms's own way, put together and set as the daemon does it: leases, the journal, the write queue. */
export async function openLeased({ database, ctx }: QuotaBooks, folder: string): Promise<QuotaWay> {
  const journal = await WriteJournal.open(join(folder, 'journal'), database, silentLog);
  const flushIntervalMs = configKeys['usage.flush_interval_ms'].default;
  const maxRows = configKeys['usage.queue_max'].default;
  const queue = new WriteQueue(database, { flushIntervalMs, maxRows }, silentLog, journal);
  const leaseMs = configKeys['billing.lease_ms'].default;
  const facts = await billedFacts(ctx);
  const { provider } = await openQuota({ ctx, queue, facts, dataDir: folder, leaseMs, isAlone: true });
  return {
    async request(userId) {
      // The doors refuse while it is full; who is refused here comes again when it is not.
      if (queue.isFull) await queue.flush();
      const requestId = newId('req', ctx.clock.now(), ctx.random);
      const answering = provider.reserve({
        requestId,
        userId,
        keyId: KEY_ID,
        model: 'bench-model',
        asked: 'bench-model',
        groups: [null],
        listUsdMicros: HELD_USD_MICROS,
        minimumUsdMicros: COST_USD_MICROS,
        now: ctx.clock.now(),
      });
      const answer = answering instanceof Promise ? await answering : answering;
      if (answer.kind === 'refused') throw new Error(`refused: ${answer.code}`);
      await nextTurn();
      const { payment, rows } = provider.settle(answer.reservation, COST_USD_MICROS, ctx.clock.now());
      const event = { table: USAGE_TABLE, row: usageRow(eventOf(requestId, userId, payment)) };
      queue.addAll([event, ...rows], { durable: true });
    },
    flush: () => queue.flush(),
  };
}

/** Billing is on, nobody has a plan, and everything is set as it comes. */
async function billedFacts(ctx: QuotaBooks['ctx']): Promise<QuotaFacts> {
  const subscriptions = await loadSubscriptions(ctx, ctx.clock.now());
  const config = {
    'billing.pay_as_you_go': configKeys['billing.pay_as_you_go'].default,
    'billing.payg_multiplier_ppm': configKeys['billing.payg_multiplier_ppm'].default,
    'billing.balance_floor_usd_micros': configKeys['billing.balance_floor_usd_micros'].default,
  };
  return { isFree: () => false, config: () => config, subscriptions: () => subscriptions };
}

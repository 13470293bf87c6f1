import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Ctx, rawRows } from '../src/core/database/index.ts';
import { type DaemonId, type LeaseId, newId, type RequestId, type UserId } from '../src/core/ids.ts';
import { TRANSFER_TABLE, transferRow, userAccount } from '../src/core/ledger/index.ts';
import { USAGE_TABLE, type UsagePayment, usageRow } from '../src/core/usage/index.ts';
import { COST_USD_MICROS, eventOf, HELD_USD_MICROS, type QuotaBooks, type QuotaWay } from './quota-way.ts';

/** Holds room if there is that much; the trigger of the table adds it to what the balance has held. */
const RESERVE = `insert into quota_leases
    (id, daemon_id, user_id, payer_kind, payer_id, granted_usd_micros, spent_usd_micros, created_at)
  select ?, ?, user_id, 'balance', user_id, ?, 0, ? from user_balances
  where user_id = ? and usd_micros - held_usd_micros >= ?
  returning id`;
/** Ends a hold: with nothing left in it, nothing of it is held. */
const HOLDS = { table: 'quota_leases', columns: ['id', 'spent_usd_micros'], updateBy: ['id'] };

/**
 * The straightforward way, for comparison only: a durable transaction holds room for each request, another one charges
 * it. It has the same tables, triggers and worker, and no more messages to the worker than transactions, so that nothing
 * but these transactions makes it slower.
 */
export async function openEach({ database, ctx }: QuotaBooks): Promise<QuotaWay> {
  const now = ctx.clock.now();
  const daemonId = newId('dmn', now, ctx.random);
  await ctx.db('quota_daemons').insert({ id: daemonId, folder: 'bench', started_at: now, expires_at: now });
  return {
    async request(userId) {
      const requestId = newId('req', ctx.clock.now(), ctx.random);
      const hold = await reserve(ctx, daemonId, userId);
      await nextTurn();
      const event = eventOf(requestId, userId, paymentOf(userId));
      const rejected = await database.writeBatch([
        { ...USAGE_TABLE, rows: [usageRow(event)] },
        { ...TRANSFER_TABLE, rows: [charge(ctx, requestId, userId)] },
        { ...HOLDS, rows: [[hold, HELD_USD_MICROS]] },
      ]);
      if (rejected[0]) throw new Error(rejected[0].reason);
    },
    // Nothing is ever under way that nobody waits for.
    flush: async () => {},
  };
}

async function reserve(ctx: Ctx, daemonId: DaemonId, userId: UserId): Promise<LeaseId> {
  const now = ctx.clock.now();
  const id = newId('lease', now, ctx.random);
  const held = await rawRows(ctx.db, RESERVE, [id, daemonId, HELD_USD_MICROS, now, userId, HELD_USD_MICROS]);
  if (held.length === 0) throw new Error('refused: insufficient_balance');
  return id;
}

function charge(ctx: Ctx, requestId: RequestId, userId: UserId) {
  return transferRow({
    id: `usage:${requestId}`,
    at: ctx.clock.now(),
    kind: 'usage',
    debitAccount: userAccount(userId),
    creditAccount: 'revenue:usage',
    amountUsdMicros: COST_USD_MICROS,
    refType: 'request',
    refId: requestId,
    actor: 'relay',
    reason: null,
  });
}

function paymentOf(userId: UserId): UsagePayment {
  return {
    payerKind: 'balance',
    payerId: userId,
    payerMultiplierPpm: 1_000_000,
    reservedUsdMicros: HELD_USD_MICROS,
    chargedUsdMicros: COST_USD_MICROS,
  };
}

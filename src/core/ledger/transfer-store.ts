import type { Knex } from 'knex';
import type { Ctx, QueuedTable, SqlValue } from '../database/index.ts';
import type { UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { type LedgerAccount, type Transfer, type TransferKind, userOfTransfer } from './transfer.ts';

interface TransferRow {
  readonly id: string;
  readonly at: number;
  readonly kind: TransferKind;
  readonly debit_account: LedgerAccount;
  readonly credit_account: LedgerAccount;
  readonly amount_usd_micros: number;
  readonly user_id: UserId | null;
  readonly ref_type: string;
  readonly ref_id: string;
  readonly actor: string;
  readonly reason: string | null;
}

/** For writers that nobody waits for. A transfer whose id is there already changes nothing, so a batch may be repeated. */
export const TRANSFER_TABLE: QueuedTable = {
  table: 'ledger_transfers',
  columns: [
    'id',
    'at',
    'kind',
    'debit_account',
    'credit_account',
    'amount_usd_micros',
    'user_id',
    'ref_type',
    'ref_id',
    'actor',
    'reason',
  ],
  onConflict: { columns: ['id'], update: 'ignore' },
};

/** The row of `TRANSFER_TABLE`. An amount of zero is no transfer: leave it out. */
export function transferRow(transfer: Transfer): readonly SqlValue[] {
  return [
    transfer.id,
    transfer.at,
    transfer.kind,
    transfer.debitAccount,
    transfer.creditAccount,
    transfer.amountUsdMicros,
    userOfTransfer(transfer),
    transfer.refType,
    transfer.refId,
    transfer.actor,
    transfer.reason,
  ];
}

/** False when the id is there. Waits for a transaction that is just writing it. */
export async function insertTransfer(ctx: Ctx, transfer: Transfer): Promise<boolean> {
  const values = transferRow(transfer);
  const row = Object.fromEntries(TRANSFER_TABLE.columns.map((column, i) => [column, values[i]]));
  const done: unknown[] = await ctx.db('ledger_transfers').insert(row).onConflict('id').ignore().returning('id');
  return done.length > 0;
}

export async function readTransfers(ctx: Ctx, ids: readonly string[]): Promise<Transfer[]> {
  const rows: TransferRow[] = await ctx.db('ledger_transfers').whereIn('id', [...ids]);
  return rows.map(fromRow);
}

/** Every given condition must hold. `since` is inclusive, `until` exclusive. */
export interface TransferFilter {
  readonly userId?: UserId;
  readonly kind?: TransferKind;
  readonly refId?: string;
  /** Either side. */
  readonly account?: LedgerAccount;
  readonly since?: EpochMs;
  readonly until?: EpochMs;
}

/** A place in the list: ids sort by time only within a kind, so a place is both. */
export interface TransferPlace {
  readonly at: number;
  readonly id: string;
}

/** Newest first. */
export async function readLatest(
  ctx: Ctx,
  filter: TransferFilter,
  limit: number,
  after: TransferPlace | null,
): Promise<Transfer[]> {
  const query = narrow(ctx.db('ledger_transfers'), filter)
    .orderBy([
      { column: 'at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit);
  if (after !== null) {
    query.where('at', '<=', after.at);
    query.where((older) => older.where('at', '<', after.at).orWhere('id', '<', after.id));
  }
  const rows: TransferRow[] = await query;
  return rows.map(fromRow);
}

/** In order of their ids, which follow `after`. */
export async function readOfKind(ctx: Ctx, kind: TransferKind, limit: number, after: string): Promise<Transfer[]> {
  const rows: TransferRow[] = await ctx
    .db('ledger_transfers')
    .where({ kind })
    .andWhere('id', '>', after)
    .orderBy('id')
    .limit(limit);
  return rows.map(fromRow);
}

/** Credits minus debits. */
export async function sumAccount(ctx: Ctx, account: LedgerAccount): Promise<bigint> {
  const signed = 'sum(case when credit_account = ? then amount_usd_micros else -amount_usd_micros end)';
  const row: { total: string } = await narrow(ctx.db('ledger_transfers'), { account })
    .select(ctx.db.raw(`cast(coalesce(${signed}, 0) as text) as total`, [account]))
    .first();
  return BigInt(row.total);
}

export interface PairSum {
  readonly debit: string;
  readonly credit: string;
  readonly transfers: number;
  /** As text: a sum may pass what a number holds. */
  readonly total: string;
}

/** What moved between each two accounts, with all users taken as one account called `users`. */
export async function sumPairs(ctx: Ctx): Promise<PairSum[]> {
  const merged = (column: string) => `case when substr(${column}, 1, 5) = 'user:' then 'users' else ${column} end`;
  return await ctx
    .db('ledger_transfers')
    .select(
      ctx.db.raw(`${merged('debit_account')} as debit`),
      ctx.db.raw(`${merged('credit_account')} as credit`),
      ctx.db.raw('count(*) as transfers'),
      ctx.db.raw('cast(sum(amount_usd_micros) as text) as total'),
    )
    .groupByRaw('1, 2');
}

function narrow(query: Knex.QueryBuilder, filter: TransferFilter): Knex.QueryBuilder {
  const { userId, kind, refId, account, since, until } = filter;
  if (userId !== undefined) query.where({ user_id: userId });
  if (kind !== undefined) query.where({ kind });
  if (refId !== undefined) query.where({ ref_id: refId });
  if (account !== undefined) {
    // The index knows users, not accounts.
    if (account.startsWith('user:')) query.where({ user_id: account.slice('user:'.length) });
    query.where((side) => side.where({ debit_account: account }).orWhere({ credit_account: account }));
  }
  if (since !== undefined) query.where('at', '>=', since);
  if (until !== undefined) query.where('at', '<', until);
  return query;
}

function fromRow(row: TransferRow): Transfer {
  return {
    id: row.id,
    at: epochMs(row.at),
    kind: row.kind,
    debitAccount: row.debit_account,
    creditAccount: row.credit_account,
    amountUsdMicros: row.amount_usd_micros as UsdMicros,
    refType: row.ref_type,
    refId: row.ref_id,
    actor: row.actor,
    reason: row.reason,
  };
}

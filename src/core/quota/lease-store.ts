import type { Knex } from 'knex';
import type { Ctx, QueuedTable, SqlValue } from '../database/index.ts';
import type { DaemonId, LeaseId, SubscriptionId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { type EpochMs, epochMs } from '../time.ts';
import type { Lease, LeasePayerKind } from './lease.ts';

/** A daemon that holds leases: they are as alive as it is. */
export interface LeaseHolder {
  readonly id: DaemonId;
  /** Names the data folder of the daemon, for whoever starts in it next. */
  readonly folder: string;
  readonly startedAt: EpochMs;
  readonly expiresAt: EpochMs;
}

/** A lease as the database has it. */
export interface LeaseRecord {
  readonly id: LeaseId;
  readonly daemonId: DaemonId;
  readonly userId: UserId;
  readonly payerKind: LeasePayerKind;
  readonly payerId: string;
  /** What is left of it, and held of its payer. */
  readonly amountUsdMicros: UsdMicros;
  readonly createdAt: EpochMs;
  /** Of its daemon: it is swept some time after. */
  readonly expiresAt: EpochMs;
}

interface LeaseRow {
  readonly id: LeaseId;
  readonly daemon_id: DaemonId;
  readonly user_id: UserId;
  readonly payer_kind: LeasePayerKind;
  readonly payer_id: string;
  readonly granted_usd_micros: number;
  readonly spent_usd_micros: number;
  readonly created_at: number;
}

/**
 * What is charged out of a lease, written together with the charge: what a payer has left then never jumps. Changes only,
 * so a lease that was given back or swept meanwhile stays gone. After the charges, whose triggers lock the same payers.
 */
export const LEASE_TABLE: QueuedTable = {
  table: 'quota_leases',
  columns: ['id', 'spent_usd_micros'],
  updateBy: ['id'],
  lockRank: 3,
};

export function leaseRow(lease: Lease): readonly SqlValue[] {
  return [lease.id, lease.spentUsdMicros];
}

export async function insertHolder(ctx: Ctx, holder: LeaseHolder): Promise<void> {
  const { id, folder, startedAt, expiresAt } = holder;
  await ctx.db('quota_daemons').insert({ id, folder, started_at: startedAt, expires_at: expiresAt });
}

/** False when there is no such holder: it was taken for dead, and what it held is no longer its own. */
export async function keepHolder(ctx: Ctx, id: DaemonId, expiresAt: EpochMs): Promise<boolean> {
  return (await ctx.db('quota_daemons').where({ id }).update({ expires_at: expiresAt })) === 1;
}

/** Which holders: one of them, those of a data folder, those that were last alive before an instant, or all. */
export type HolderFilter =
  | { readonly id: DaemonId }
  | { readonly folder: string }
  | { readonly expiredBefore: EpochMs }
  | 'all';

/** Inside of a transaction; a holder that is just showing that it lives is waited for. */
export async function lockHolders(tx: Ctx, filter: HolderFilter): Promise<DaemonId[]> {
  const query = tx.db('quota_daemons').orderBy('id').forUpdate().select('id');
  if (filter === 'all') return idsOf(await query);
  if ('expiredBefore' in filter) return idsOf(await query.where('expires_at', '<', filter.expiredBefore));
  return idsOf(await query.where(filter));
}

export async function deleteHolders(tx: Ctx, ids: readonly DaemonId[]): Promise<void> {
  await tx.db('quota_leases').whereIn('daemon_id', ids).delete();
  await tx.db('quota_daemons').whereIn('id', ids).delete();
}

/** Writes how much each lease was granted in all, and makes it if it is new. */
export async function writeGranted(
  tx: Ctx,
  daemonId: DaemonId,
  granted: readonly { readonly lease: Lease; readonly totalUsdMicros: number }[],
): Promise<void> {
  const rows = granted.map(
    ({ lease, totalUsdMicros }): LeaseRow => ({
      id: lease.id,
      daemon_id: daemonId,
      user_id: lease.userId,
      payer_kind: lease.payerKind,
      payer_id: lease.payerId,
      granted_usd_micros: totalUsdMicros,
      spent_usd_micros: 0,
      created_at: lease.createdAt,
    }),
  );
  await tx.db('quota_leases').insert(rows).onConflict('id').merge(['granted_usd_micros']);
}

export async function deleteLeases(tx: Ctx, ids: readonly LeaseId[]): Promise<void> {
  await tx.db('quota_leases').whereIn('id', ids).delete();
}

/** Who is held by the leases of these holders. */
export async function readPayers(tx: Ctx, ids: readonly DaemonId[]): Promise<LeasePayers> {
  const rows: LeaseRow[] = await tx.db('quota_leases').whereIn('daemon_id', ids).select('payer_kind', 'payer_id');
  return payersOf(rows.map((row) => ({ payerKind: row.payer_kind, payerId: row.payer_id })));
}

export interface LeasePayers {
  readonly subscriptionIds: readonly SubscriptionId[];
  readonly userIds: readonly UserId[];
}

export function payersOf(leases: readonly Pick<LeaseRecord, 'payerKind' | 'payerId'>[]): LeasePayers {
  const idsFor = (kind: LeasePayerKind): string[] => [
    ...new Set(leases.filter(({ payerKind }) => payerKind === kind).map(({ payerId }) => payerId)),
  ];
  return {
    subscriptionIds: idsFor('subscription') as SubscriptionId[],
    userIds: idsFor('balance') as UserId[],
  };
}

/** Every lease that there is, of all daemons; the oldest first. */
export async function listLeases(ctx: Ctx, filter: { readonly userId?: UserId } = {}): Promise<LeaseRecord[]> {
  const query: Knex.QueryBuilder = ctx
    .db('quota_leases as l')
    .join('quota_daemons as d', 'd.id', 'l.daemon_id')
    .select('l.*', 'd.expires_at')
    .orderBy('l.id');
  if (filter.userId !== undefined) query.where('l.user_id', filter.userId);
  const rows: (LeaseRow & { readonly expires_at: number })[] = await query;
  return rows.map((row) => ({
    id: row.id,
    daemonId: row.daemon_id,
    userId: row.user_id,
    payerKind: row.payer_kind,
    payerId: row.payer_id,
    amountUsdMicros: (row.granted_usd_micros - row.spent_usd_micros) as UsdMicros,
    createdAt: epochMs(row.created_at),
    expiresAt: epochMs(row.expires_at),
  }));
}

function idsOf(rows: readonly { readonly id: DaemonId }[]): DaemonId[] {
  return rows.map(({ id }) => id);
}

import type { Knex } from 'knex';
import type { Ctx } from '../database/index.ts';
import type { CodeBatchId, CodeId, PlanVersionId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { REFS_MAX, type Ref } from '../pick-by-ref.ts';
import { epochMs } from '../time.ts';
import type { CodeBatch, RedemptionCode } from './redemption-code.ts';

interface BatchRow {
  readonly id: CodeBatchId;
  readonly name: string;
  readonly amount_usd_micros: number | null;
  readonly plan_version_id: PlanVersionId | null;
  readonly codes: number;
  readonly max_per_user: number | null;
  readonly expires_at: number | null;
  readonly created_by: string;
  readonly created_at: number;
}

interface CodeRow {
  readonly id: CodeId;
  readonly batch_id: CodeBatchId;
  readonly hash: string;
  readonly hint: string;
  readonly max_redemptions: number | null;
  readonly redeemed: number;
  readonly enabled: number;
}

/** What has become of the codes of a batch. */
export interface BatchCounts {
  readonly redemptions: number;
  readonly enabledCodes: number;
}

/** SQLite takes no insert of more than 500 rows. */
const INSERT_CHUNK = 200;

export async function insertBatch(ctx: Ctx, batch: CodeBatch): Promise<void> {
  const { reward } = batch;
  const row: BatchRow = {
    id: batch.id,
    name: batch.name,
    amount_usd_micros: reward.kind === 'balance' ? reward.amountUsdMicros : null,
    plan_version_id: reward.kind === 'subscription' ? reward.planVersionId : null,
    codes: batch.codes,
    max_per_user: batch.maxPerUser,
    expires_at: batch.expiresAt,
    created_by: batch.createdBy,
    created_at: batch.createdAt,
  };
  await ctx.db('redemption_batches').insert(row);
}

export async function insertCodes(ctx: Ctx, codes: readonly RedemptionCode[]): Promise<void> {
  const rows = codes.map(
    (code): CodeRow => ({
      id: code.id,
      batch_id: code.batch.id,
      hash: code.hash,
      hint: code.hint,
      max_redemptions: code.maxRedemptions,
      redeemed: code.redeemed,
      enabled: Number(code.enabled),
    }),
  );
  for (let start = 0; start < rows.length; start += INSERT_CHUNK) {
    await ctx.db('redemption_codes').insert(rows.slice(start, start + INSERT_CHUNK));
  }
}

export async function readCode(
  ctx: Ctx,
  where: { readonly id: string } | { readonly hash: string },
): Promise<RedemptionCode | undefined> {
  const row: CodeRow | undefined = await ctx.db('redemption_codes').where(where).first();
  const batch = row && (await readBatch(ctx, row.batch_id));
  return row && batch && codeFrom(row, batch);
}

export async function readBatch(ctx: Ctx, id: string): Promise<CodeBatch | undefined> {
  const row: BatchRow | undefined = await ctx.db('redemption_batches').where({ id }).first();
  return row && batchFrom(row);
}

/** The rows that `ref` could mean, each with its last characters for a name: exact ones, else all of them for prefixes. */
export async function readCodeRefs(ctx: Ctx, ref: string): Promise<Ref[]> {
  return await readRefs(ctx.db('redemption_codes').select('id', 'hint as name'), 'hint', ref);
}

/** The rows that `ref` could mean: exact ones, else all of them for prefixes and suggestions. */
export async function readBatchRefs(ctx: Ctx, ref: string): Promise<Ref[]> {
  return await readRefs(ctx.db('redemption_batches').select('id', 'name'), 'name', ref);
}

export async function readCodePage(
  ctx: Ctx,
  filter: { readonly batchId?: CodeBatchId | undefined },
  { limit, after }: PageRequest,
): Promise<Page<RedemptionCode>> {
  const query = ctx
    .db('redemption_codes')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (filter.batchId !== undefined) query.where({ batch_id: filter.batchId });
  if (after !== undefined) query.where('id', '<', after);
  const rows: CodeRow[] = await query;
  const ids = [...new Set(rows.map((row) => row.batch_id))];
  const batchRows: BatchRow[] = await ctx.db('redemption_batches').whereIn('id', ids);
  const batches = new Map(batchRows.map((row) => [row.id, batchFrom(row)]));
  const codes = rows.flatMap((row) => {
    const batch = batches.get(row.batch_id);
    return batch ? [codeFrom(row, batch)] : [];
  });
  return cutPage(codes, limit);
}

export async function readBatchPage(ctx: Ctx, { limit, after }: PageRequest): Promise<Page<CodeBatch>> {
  const query = ctx
    .db('redemption_batches')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (after !== undefined) query.where('id', '<', after);
  const rows: BatchRow[] = await query;
  return cutPage(rows.map(batchFrom), limit);
}

export async function readCounts(
  ctx: Ctx,
  ids: readonly CodeBatchId[],
): Promise<ReadonlyMap<CodeBatchId, BatchCounts>> {
  const rows: { batch_id: CodeBatchId; redemptions: number; enabled: number }[] = await ctx
    .db('redemption_codes')
    .whereIn('batch_id', [...ids])
    .groupBy('batch_id')
    .select('batch_id')
    .sum({ redemptions: 'redeemed', enabled: 'enabled' });
  return new Map(rows.map((row) => [row.batch_id, { redemptions: row.redemptions, enabledCodes: row.enabled }]));
}

/** Returns how many codes it changed. */
export async function writeEnabled(
  ctx: Ctx,
  where: { readonly id: CodeId } | { readonly batch_id: CodeBatchId },
  enabled: boolean,
): Promise<number> {
  const codes = ctx.db('redemption_codes').where(where);
  return await codes.andWhere('enabled', Number(!enabled)).update({ enabled: Number(enabled) });
}

async function readRefs(query: Knex.QueryBuilder, nameColumn: string, ref: string): Promise<Ref[]> {
  const rows = () => query.clone().orderBy('id', 'desc').limit(REFS_MAX);
  const exact: Ref[] = await rows().where((row) => row.where('id', ref).orWhere(nameColumn, ref));
  return exact.length > 0 ? exact : await rows();
}

function batchFrom(row: BatchRow): CodeBatch {
  return {
    id: row.id,
    name: row.name,
    reward:
      row.plan_version_id === null
        ? { kind: 'balance', amountUsdMicros: row.amount_usd_micros as UsdMicros }
        : { kind: 'subscription', planVersionId: row.plan_version_id },
    codes: row.codes,
    maxPerUser: row.max_per_user,
    expiresAt: row.expires_at === null ? null : epochMs(row.expires_at),
    createdBy: row.created_by,
    createdAt: epochMs(row.created_at),
  };
}

function codeFrom(row: CodeRow, batch: CodeBatch): RedemptionCode {
  return {
    id: row.id,
    batch,
    hash: row.hash,
    hint: row.hint,
    maxRedemptions: row.max_redemptions,
    redeemed: row.redeemed,
    enabled: row.enabled === 1,
  };
}

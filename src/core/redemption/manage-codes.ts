import { type Ctx, inTransaction } from '../database/index.ts';
import type { CodeBatchId, CodeId } from '../ids.ts';
import type { Page, PageRequest } from '../page.ts';
import { notFound, pickByRef } from '../pick-by-ref.ts';
import {
  type BatchCounts,
  readBatch,
  readBatchPage,
  readBatchRefs,
  readCode,
  readCodePage,
  readCodeRefs,
  readCounts,
  writeEnabled,
} from './code-store.ts';
import type { CodeBatch, Redemption, RedemptionCode } from './redemption-code.ts';
import { readRedemptions } from './redemption-store.ts';

export type CountedBatch = CodeBatch & BatchCounts;

/**
 * Finds a code by id, unique beginning of an id, or its last four characters.
 * @throws Failure not_found; invalid_input when ambiguous.
 */
export async function findCode(ctx: Ctx, ref: string): Promise<RedemptionCode> {
  const { id } = pickByRef('code', ref, await readCodeRefs(ctx, ref));
  const code = await readCode(ctx, { id });
  if (!code) throw notFound('code', id);
  return code;
}

/** Finds a batch by id, unique beginning of an id, or name. @throws Failure not_found; invalid_input when ambiguous. */
export async function findBatch(ctx: Ctx, ref: string): Promise<CountedBatch> {
  const { id } = pickByRef('batch', ref, await readBatchRefs(ctx, ref));
  const batch = await readBatch(ctx, id);
  if (!batch) throw notFound('batch', id);
  return withCounts([batch], await readCounts(ctx, [batch.id]))[0] as CountedBatch;
}

/** Newest first. */
export async function listCodes(
  ctx: Ctx,
  filter: { readonly batchId?: CodeBatchId | undefined },
  page: PageRequest,
): Promise<Page<RedemptionCode>> {
  return await readCodePage(ctx, filter, page);
}

/** Newest first. */
export async function listBatches(ctx: Ctx, page: PageRequest): Promise<Page<CountedBatch>> {
  const { items, nextCursor } = await readBatchPage(ctx, page);
  const counts = await readCounts(
    ctx,
    items.map((batch) => batch.id),
  );
  return { items: withCounts(items, counts), nextCursor };
}

/** Who has redeemed a code, the latest first. */
export async function listRedemptions(ctx: Ctx, codeId: CodeId, limit: number): Promise<readonly Redemption[]> {
  return await readRedemptions(ctx, codeId, limit);
}

/** Lets a code be redeemed, or no longer. What it has given stays given. @throws Failure not_found */
export async function setCodeEnabled(ctx: Ctx, id: CodeId, enabled: boolean): Promise<RedemptionCode> {
  return await inTransaction(ctx, async (tx) => {
    await writeEnabled(tx, { id }, enabled);
    return await findCode(tx, id);
  });
}

/** The same for every code of a batch. @throws Failure not_found */
export async function setBatchEnabled(ctx: Ctx, id: CodeBatchId, enabled: boolean): Promise<CountedBatch> {
  return await inTransaction(ctx, async (tx) => {
    await writeEnabled(tx, { batch_id: id }, enabled);
    return await findBatch(tx, id);
  });
}

function withCounts(
  batches: readonly CodeBatch[],
  counts: ReadonlyMap<CodeBatchId, BatchCounts>,
): readonly CountedBatch[] {
  return batches.map((batch) => ({ ...batch, ...(counts.get(batch.id) ?? { redemptions: 0, enabledCodes: 0 }) }));
}

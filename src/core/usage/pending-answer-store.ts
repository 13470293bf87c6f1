import type { Ctx, QueuedRow, QueuedTable } from '../database/index.ts';
import type { CredentialId, RequestId } from '../ids.ts';
import type { Price } from '../models/index.ts';
import { type EpochMs, epochMs } from '../time.ts';
import { nextLookAt, type PendingAnswer, type StartedAnswer } from './pending-answer.ts';

const PENDING_TABLE: QueuedTable = {
  table: 'pending_answers',
  columns: ['request_id', 'object_id', 'credential_id', 'price', 'created_at', 'next_at', 'attempts'],
  onConflict: { columns: ['request_id'], update: 'ignore' },
};

interface PendingRow {
  object_id: string;
  request_id: string;
  credential_id: string;
  price: string | null;
  created_at: number;
  next_at: number;
  attempts: number;
}

/** To be written together with the request's usage event. */
export function pendingRow({ objectId, requestId, credentialId, price, createdAt }: StartedAnswer): QueuedRow {
  const stored = price && JSON.stringify(price);
  const row = [requestId, objectId, credentialId, stored, createdAt, nextLookAt(createdAt, 0), 0];
  return { table: PENDING_TABLE, row };
}

/** Those that are due to be looked at, the longest due first. */
export async function listDueAnswers(ctx: Ctx, now: EpochMs, limit: number): Promise<readonly PendingAnswer[]> {
  const rows = await ctx.db<PendingRow>('pending_answers').where('next_at', '<=', now).orderBy('next_at').limit(limit);
  return rows.map(fromRow);
}

export async function postponeAnswer(ctx: Ctx, { requestId, attempts }: PendingAnswer): Promise<void> {
  const next_at = nextLookAt(ctx.clock.now(), attempts + 1);
  await ctx
    .db('pending_answers')
    .where({ request_id: requestId })
    .update({ next_at, attempts: attempts + 1 });
}

/** Whether somebody still waits to know what it cost. */
export async function isPendingAnswer(
  ctx: Ctx,
  { objectId, credentialId }: Pick<PendingAnswer, 'objectId' | 'credentialId'>,
): Promise<boolean> {
  const place = { object_id: objectId, credential_id: credentialId };
  return (await ctx.db('pending_answers').where(place).first('request_id')) !== undefined;
}

/** Takes it away within a transaction; null when it is not pending, or no more: whoever gets it settles it. */
export async function takePendingAnswer(
  tx: Ctx,
  { objectId, credentialId }: Pick<PendingAnswer, 'objectId' | 'credentialId'>,
): Promise<PendingAnswer | null> {
  const place = { object_id: objectId, credential_id: credentialId };
  const row = await tx.db<PendingRow>('pending_answers').where(place).first();
  if (!row) return null;
  const taken = await tx.db('pending_answers').where({ request_id: row.request_id }).delete();
  return taken === 1 ? fromRow(row) : null;
}

function fromRow(row: PendingRow): PendingAnswer {
  return {
    objectId: row.object_id,
    requestId: row.request_id as RequestId,
    credentialId: row.credential_id as CredentialId,
    price: row.price === null ? null : (JSON.parse(row.price) as Price),
    createdAt: epochMs(row.created_at),
    nextAt: epochMs(row.next_at),
    attempts: row.attempts,
  };
}

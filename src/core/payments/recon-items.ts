import type { Ctx } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { type ChannelId, newId, type OrderId } from '../ids.ts';
import type { Page, PageRequest } from '../page.ts';
import { notFound } from '../pick-by-ref.ts';
import type { ReconItem, ReconKind, ReconState } from './recon-item.ts';
import { changeItemState, readItem, readItemPage, upsertItem } from './recon-store.ts';

export interface Difference {
  readonly kind: ReconKind;
  /** Within its kind. */
  readonly about: string;
  readonly detail: string;
  readonly channelId: ChannelId | null;
  readonly orderId: OrderId | null;
}

/**
 * Puts a difference before a person; says it in the log as well, because somebody should come and look. True when nobody
 * has heard of it before.
 */
export async function reportDifference(ctx: Ctx, difference: Difference): Promise<boolean> {
  const { kind, about, detail, channelId, orderId } = difference;
  const now = ctx.clock.now();
  const subject = `${kind}:${about}`;
  const id = newId('rec', now, ctx.random);
  const known = await upsertItem(ctx, {
    id,
    subject,
    kind,
    state: 'open',
    detail,
    channelId,
    orderId,
    note: null,
    createdAt: now,
    seenAt: now,
  });
  if (known.state === 'open') {
    ctx.log.error({ kind, about, order: orderId, detail }, 'a payment differs from what is in the books');
  }
  return known.id === id;
}

/** The difference is gone. */
export async function resolveDifference(ctx: Ctx, kind: ReconKind, about: string): Promise<void> {
  await changeItemState(ctx, { subject: `${kind}:${about}` }, { state: 'fixed' });
}

/** Newest first. */
export async function listReconItems(
  ctx: Ctx,
  filter: { readonly state?: ReconState | undefined; readonly orderId?: OrderId },
  page: PageRequest,
): Promise<Page<ReconItem>> {
  return await readItemPage(ctx, filter, page);
}

/** A person says why a difference is as it is. @throws Failure not_found; conflict when it is not open. */
export async function explainItem(ctx: Ctx, id: string, note: string): Promise<ReconItem> {
  const item = await readItem(ctx, id);
  if (!item) throw notFound('difference', id);
  if (!(await changeItemState(ctx, { id: item.id }, { state: 'explained', note }))) {
    throw new Failure('conflict', `the difference ${item.id} is ${item.state} already`);
  }
  return { ...item, state: 'explained', note };
}

import type { Ctx } from '../database/index.ts';
import type { ChannelId, OrderId, ReconItemId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { epochMs } from '../time.ts';
import type { ReconItem, ReconKind, ReconState } from './recon-item.ts';

interface ReconRow {
  readonly id: ReconItemId;
  readonly subject: string;
  readonly kind: ReconKind;
  readonly state: ReconState;
  readonly detail: string;
  readonly channel_id: ChannelId | null;
  readonly order_id: OrderId | null;
  readonly note: string | null;
  readonly created_at: number;
  readonly seen_at: number;
}

/**
 * Makes the item, or says that it was seen again; one that was fixed is open anew, one that was explained stays so. The
 * answer is the row that is there now: with another id than the given one, it was there before.
 */
export async function upsertItem(ctx: Ctx, item: ReconItem): Promise<Pick<ReconItem, 'id' | 'state'>> {
  const rows: Pick<ReconRow, 'id' | 'state'>[] = await ctx
    .db('recon_items')
    .insert(toRow(item))
    .onConflict('subject')
    .merge({
      detail: item.detail,
      seen_at: item.seenAt,
      state: ctx.db.raw(`case when recon_items.state = 'fixed' then 'open' else recon_items.state end`),
    })
    .returning(['id', 'state']);
  return rows[0] ?? item;
}

/** One answer for all that is open of a kind about an order. */
export async function explainAll(
  ctx: Ctx,
  about: { readonly kind: ReconKind; readonly orderId: OrderId },
  note: string,
): Promise<void> {
  const open = ctx.db('recon_items').where({ kind: about.kind, order_id: about.orderId, state: 'open' });
  await open.update({ state: 'explained', note });
}

/** True when it was open. */
export async function changeItemState(
  ctx: Ctx,
  where: { readonly id: ReconItemId } | { readonly subject: string },
  to: { readonly state: ReconState; readonly note?: string },
): Promise<boolean> {
  return (
    (await ctx
      .db('recon_items')
      .where({ ...where, state: 'open' })
      .update(to)) > 0
  );
}

export async function readItem(ctx: Ctx, id: string): Promise<ReconItem | undefined> {
  const row: ReconRow | undefined = await ctx.db('recon_items').where({ id }).first();
  return row && fromRow(row);
}

/** Newest first. */
export async function readItemPage(
  ctx: Ctx,
  filter: { readonly state?: ReconState | undefined; readonly orderId?: OrderId },
  { limit, after }: PageRequest,
): Promise<Page<ReconItem>> {
  const query = ctx
    .db('recon_items')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (filter.state !== undefined) query.where({ state: filter.state });
  if (filter.orderId !== undefined) query.where({ order_id: filter.orderId });
  if (after !== undefined) query.where('id', '<', after);
  const rows: ReconRow[] = await query;
  return cutPage(rows.map(fromRow), limit);
}

export async function countOpenItems(ctx: Ctx): Promise<number> {
  const row = await ctx.db('recon_items').where({ state: 'open' }).count({ total: '*' }).first();
  return Number(row?.total ?? 0);
}

function toRow(item: ReconItem): ReconRow {
  const { id, subject, kind, state, detail, channelId, orderId, note, createdAt, seenAt } = item;
  return {
    id,
    subject,
    kind,
    state,
    detail,
    channel_id: channelId,
    order_id: orderId,
    note,
    created_at: createdAt,
    seen_at: seenAt,
  };
}

function fromRow(row: ReconRow): ReconItem {
  const { id, subject, kind, state, detail, note } = row;
  return {
    id,
    subject,
    kind,
    state,
    detail,
    channelId: row.channel_id,
    orderId: row.order_id,
    note,
    createdAt: epochMs(row.created_at),
    seenAt: epochMs(row.seen_at),
  };
}

import type { Ctx } from '../database/index.ts';
import type { ChannelId, InboxId, OrderId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { type EpochMs, epochMs } from '../time.ts';
import type { InboxEvent, InboxState } from './inbox-event.ts';
import type { PaymentFact } from './provider.ts';
import type { Verdict } from './verdict.ts';

interface InboxRow {
  readonly id: InboxId;
  readonly channel_id: ChannelId;
  readonly event_key: string;
  readonly type: string;
  readonly shown: string;
  readonly facts: string;
  readonly state: InboxState;
  readonly verdict: Verdict;
  readonly error: string | null;
  readonly order_id: OrderId | null;
  readonly deliveries: number;
  readonly attempts: number;
  readonly next_at: number | null;
  readonly received_at: number;
  readonly updated_at: number;
}

/** False when the channel has an event of that key. Waits for a transaction that is just writing it. */
export async function insertEvent(ctx: Ctx, event: InboxEvent): Promise<boolean> {
  const insert = ctx.db('payment_events').insert(toRow(event));
  const done: unknown[] = await insert.onConflict(['channel_id', 'event_key']).ignore().returning('id');
  return done.length > 0;
}

/** Writes all of it; only for one that was locked in the same transaction. */
export async function updateEvent(ctx: Ctx, event: InboxEvent): Promise<void> {
  const { id, ...row } = toRow(event);
  await ctx.db('payment_events').where({ id }).update(row);
}

/** As it is now; held until the transaction ends where the database can hold a row. */
export async function lockEvent(ctx: Ctx, id: InboxId): Promise<InboxEvent | undefined> {
  const row: InboxRow | undefined = await ctx.db('payment_events').where({ id }).forUpdate().first();
  return row && fromRow(row);
}

/** The same by what the provider calls it. */
export async function lockEventByKey(
  ctx: Ctx,
  { channelId, eventKey }: Pick<InboxEvent, 'channelId' | 'eventKey'>,
): Promise<InboxEvent | undefined> {
  const key = { channel_id: channelId, event_key: eventKey };
  const row: InboxRow | undefined = await ctx.db('payment_events').where(key).forUpdate().first();
  return row && fromRow(row);
}

export async function readEvent(ctx: Ctx, id: string): Promise<InboxEvent | undefined> {
  const row: InboxRow | undefined = await ctx.db('payment_events').where({ id }).first();
  return row && fromRow(row);
}

export async function readDueEvents(ctx: Ctx, now: EpochMs, limit: number): Promise<InboxEvent[]> {
  const rows: InboxRow[] = await ctx
    .db('payment_events')
    .where({ state: 'retry' })
    .where('next_at', '<=', now)
    .orderBy('next_at')
    .limit(limit);
  return rows.map(fromRow);
}

/** Takes the next try for this process. False when another one was faster. */
export async function claimEvent(ctx: Ctx, { id, attempts }: InboxEvent, nextAt: EpochMs): Promise<boolean> {
  const mine = ctx.db('payment_events').where({ id, attempts, state: 'retry' });
  return (await mine.update({ attempts: attempts + 1, next_at: nextAt })) > 0;
}

/** Newest first. */
export async function readEventPage(
  ctx: Ctx,
  filter: { readonly state?: InboxState | undefined; readonly channelId?: ChannelId | undefined },
  { limit, after }: PageRequest,
): Promise<Page<InboxEvent>> {
  const query = ctx
    .db('payment_events')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (filter.state !== undefined) query.where({ state: filter.state });
  if (filter.channelId !== undefined) query.where({ channel_id: filter.channelId });
  if (after !== undefined) query.where('id', '<', after);
  const rows: InboxRow[] = await query;
  return cutPage(rows.map(fromRow), limit);
}

/** Oldest first. */
export async function readEventsOf(ctx: Ctx, orderId: OrderId, limit: number): Promise<InboxEvent[]> {
  const rows: InboxRow[] = await ctx.db('payment_events').where({ order_id: orderId }).orderBy('id').limit(limit);
  return rows.map(fromRow);
}

/** How many of a channel's callbacks since then were not authentic. */
export async function countUnread(ctx: Ctx, channelId: ChannelId, since: EpochMs): Promise<number> {
  const unread = ctx.db('payment_events').where({ channel_id: channelId, verdict: 'not_authentic' });
  const row = await unread.where('received_at', '>=', since).count({ total: '*' }).first();
  return Number(row?.total ?? 0);
}

/** Deletes what was never authentic and came before then. Returns how many. */
export async function deleteUnread(ctx: Ctx, before: EpochMs, limit: number): Promise<number> {
  const old = ctx
    .db('payment_events')
    .select('id')
    .where({ verdict: 'not_authentic' })
    .where('updated_at', '<', before)
    .limit(limit);
  return await ctx.db('payment_events').whereIn('id', old).delete();
}

function toRow(event: InboxEvent): InboxRow {
  return {
    id: event.id,
    channel_id: event.channelId,
    event_key: event.eventKey,
    type: event.type,
    shown: event.shown,
    facts: JSON.stringify({ facts: event.facts, livemode: event.livemode }),
    state: event.state,
    verdict: event.verdict,
    error: event.error,
    order_id: event.orderId,
    deliveries: event.deliveries,
    attempts: event.attempts,
    next_at: event.nextAt,
    received_at: event.receivedAt,
    updated_at: event.updatedAt,
  };
}

function fromRow(row: InboxRow): InboxEvent {
  const { facts, livemode } = JSON.parse(row.facts) as { facts: PaymentFact[]; livemode: boolean | null };
  return {
    id: row.id,
    channelId: row.channel_id,
    eventKey: row.event_key,
    type: row.type,
    shown: row.shown,
    facts,
    livemode,
    state: row.state,
    verdict: row.verdict,
    error: row.error,
    orderId: row.order_id,
    deliveries: row.deliveries,
    attempts: row.attempts,
    nextAt: row.next_at === null ? null : epochMs(row.next_at),
    receivedAt: epochMs(row.received_at),
    updatedAt: epochMs(row.updated_at),
  };
}

import { inTransaction } from '../database/index.ts';
import { describeError, Failure } from '../failure.ts';
import type { ChannelId, InboxId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import type { Page, PageRequest } from '../page.ts';
import { notFound } from '../pick-by-ref.ts';
import { DAY_MS, type EpochMs, epochMs, HOUR_MS, SECOND_MS } from '../time.ts';
import { applyFacts } from './apply-facts.ts';
import type { Cashier } from './cashier.ts';
import { type InboxEvent, type InboxState, summaryOf } from './inbox-event.ts';
import {
  claimEvent,
  deleteUnread,
  lockEvent,
  readDueEvents,
  readEvent,
  readEventPage,
  updateEvent,
} from './inbox-store.ts';
import { requireChannel } from './manage-channels.ts';
import { reportDifference, resolveDifference } from './recon-items.ts';
import type { FactOutcome } from './verdict.ts';

const BATCH = 50;
const BACKOFF_FIRST_MS = 10 * SECOND_MS;
const BACKOFF_MAX_MS = HOUR_MS;
/** As long as providers themselves send again. */
const TRIED_FOR_MS = 3 * DAY_MS;
const UNREAD_KEPT_MS = 30 * DAY_MS;
const PRUNE_ROWS = 1_000;

/** Applies what a locked row of the inbox says and writes down what became of it. In a transaction. */
export async function processEvent(cashier: Cashier, event: InboxEvent): Promise<InboxEvent> {
  const { ctx } = cashier;
  const channel = await requireChannel(cashier, event.channelId);
  const isOtherMode = event.livemode !== null && event.livemode !== channel.livemode;
  const outcomes = isOtherMode ? [otherMode(event)] : await applyFacts(cashier, channel, event.facts);
  const now = ctx.clock.now();
  const attempts = event.attempts + 1;
  const summary = summaryOf(outcomes);
  const nextAt = summary.state === 'retry' ? backoff(now, attempts) : null;
  const after: InboxEvent = {
    ...event,
    ...summary,
    orderId: summary.orderId ?? event.orderId,
    attempts,
    nextAt,
    updatedAt: now,
  };
  await updateEvent(ctx, after);
  if (summary.state === 'refused') {
    ctx.log.error(
      { event: event.id, channel: channel.name, type: event.type, verdict: summary.verdict, detail: summary.error },
      'an authentic callback does not fit what is here and was not applied',
    );
  }
  return after;
}

/** Tries again what could not be applied. Returns how many it looked at. For several daemons at once. */
export async function retryInbox(cashier: Cashier): Promise<number> {
  const { ctx } = cashier;
  const due = await readDueEvents(ctx, ctx.clock.now(), BATCH);
  let isAnyApplied = false;
  for (const event of due) {
    if (!(await claimEvent(ctx, event, backoff(ctx.clock.now(), event.attempts + 1)))) continue;
    try {
      const after = await inTransaction(ctx, async (tx) => await retry({ ...cashier, ctx: tx }, event.id));
      isAnyApplied ||= after?.verdict === 'applied';
    } catch (error) {
      await noteFailure(cashier, event.id, describeError(error));
    }
  }
  if (isAnyApplied) await cashier.changed('subscriptions');
  return due.length;
}

/** Applies a stored callback once more, whatever became of it before. @throws Failure not_found; conflict without facts. */
export async function replayEvent(cashier: Cashier, id: string): Promise<InboxEvent> {
  const found = await findInboxEvent(cashier, id);
  if (found.facts.length === 0) {
    throw new Failure('conflict', {
      message: `the callback ${found.id} says nothing that could be applied: ${found.verdict}`,
      hint: 'ask the provider instead: realms pay reconcile',
    });
  }
  const replayed = await inTransaction(cashier.ctx, async (ctx) => {
    const event = await lockEvent(ctx, found.id);
    invariant(event, `the callback ${found.id} is still there`);
    return await processEvent({ ...cashier, ctx }, event);
  });
  if (replayed.state === 'applied') await resolveDifference(cashier.ctx, 'stuck_callback', replayed.id);
  if (replayed.verdict === 'applied') await cashier.changed('subscriptions');
  return replayed;
}

/** @throws Failure not_found */
export async function findInboxEvent({ ctx }: Pick<Cashier, 'ctx'>, id: string): Promise<InboxEvent> {
  const event = await readEvent(ctx, id);
  if (!event) throw notFound('callback', id);
  return event;
}

/** Newest first. */
export async function listInbox(
  { ctx }: Pick<Cashier, 'ctx'>,
  filter: { readonly state?: InboxState | undefined; readonly channelId?: ChannelId | undefined },
  page: PageRequest,
): Promise<Page<InboxEvent>> {
  return await readEventPage(ctx, filter, page);
}

/** Forgets what was never authentic. */
export async function pruneInbox({ ctx }: Pick<Cashier, 'ctx'>): Promise<void> {
  const before = epochMs(ctx.clock.now() - UNREAD_KEPT_MS);
  let deleted = PRUNE_ROWS;
  while (deleted >= PRUNE_ROWS) deleted = await deleteUnread(ctx, before, PRUNE_ROWS);
}

/** When to try after so many tries: doubling, up to an hour. */
export function backoff(now: EpochMs, attempts: number): EpochMs {
  return epochMs(now + Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempts - 1, 20)));
}

async function retry(cashier: Cashier, id: InboxId): Promise<InboxEvent | undefined> {
  const { ctx } = cashier;
  const event = await lockEvent(ctx, id);
  if (event?.state !== 'retry') return undefined;
  const after = await processEvent(cashier, { ...event, attempts: event.attempts - 1 });
  if (after.state === 'retry') await giveUpIfOld(cashier, after);
  return after;
}

/** What failed for days needs a person; what was about a payment that never came was never ours. */
async function giveUpIfOld(cashier: Cashier, event: InboxEvent): Promise<void> {
  const { ctx } = cashier;
  if (ctx.clock.now() - event.receivedAt < TRIED_FOR_MS) return;
  const isOurs = event.verdict === 'failed';
  await updateEvent(ctx, { ...event, state: isOurs ? 'refused' : 'ignored', verdict: 'given_up', nextAt: null });
  if (!isOurs) return;
  const { channelId, orderId } = event;
  const detail = `it could not be applied in ${event.attempts} tries: ${event.error ?? 'unknown'}`;
  await reportDifference(ctx, { kind: 'stuck_callback', about: event.id, detail, channelId, orderId });
}

async function noteFailure(cashier: Cashier, id: InboxId, error: string): Promise<void> {
  cashier.ctx.log.error({ event: id, error }, 'a callback could not be applied and is tried again');
  await inTransaction(cashier.ctx, async (ctx) => {
    const event = await lockEvent(ctx, id);
    if (event?.state !== 'retry') return;
    const failed: InboxEvent = { ...event, verdict: 'failed', error, updatedAt: ctx.clock.now() };
    await updateEvent(ctx, failed);
    await giveUpIfOld({ ...cashier, ctx }, failed);
  });
}

function otherMode({ livemode, orderId }: InboxEvent): FactOutcome {
  const detail = livemode
    ? 'real money moved, but the channel is for tests'
    : 'it is a test, but the channel moves real money';
  return { verdict: 'livemode_mismatch', orderId, detail };
}

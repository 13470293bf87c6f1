import type { z } from 'zod';
import type * as contract from '../../core/contract/index.ts';
import { formatUsd } from '../../core/money.ts';
import type { Page } from '../../core/page.ts';
import {
  type Grant,
  type LiveSubscription,
  listGrants,
  readWindows,
  type SubscriptionWindow,
  standingOf,
  windowLeft,
  windowResetsAt,
} from '../../core/subscriptions/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { instantText, pageView } from './formats.ts';

type SubscriptionView = z.output<typeof contract.subscriptionView>;
type DetailView = z.output<typeof contract.subscriptionDetailView>;

export async function viewSubscriptionPage(
  deps: AdminDeps,
  page: Page<LiveSubscription>,
): Promise<{ items: SubscriptionView[]; next_cursor: string | null }> {
  const ids = page.items.map(({ id }) => id);
  const windows = await readWindows(deps.ctx, ids, deps.ctx.clock.now());
  return pageView(page, (subscription) => viewSubscription(deps, subscription, windows.get(subscription.id) ?? []));
}

export async function viewSubscriptionDetail(deps: AdminDeps, subscription: LiveSubscription): Promise<DetailView> {
  const { id } = subscription;
  const windows = await readWindows(deps.ctx, [id], deps.ctx.clock.now());
  const grants = await listGrants(deps.ctx, subscription);
  return { ...viewSubscription(deps, subscription, windows.get(id) ?? []), grants: grants.map(viewGrant) };
}

/** What the audit log keeps. */
export function subscriptionFacts(subscription: LiveSubscription) {
  return {
    user_id: subscription.userId,
    plan: subscription.planCode,
    plan_version: subscription.version.version,
    state: subscription.state,
    starts_at: toRfc3339(subscription.startsAt),
    ends_at: toRfc3339(subscription.endsAt),
    cancel_at_end: subscription.cancelAtEnd,
  };
}

function viewSubscription(
  deps: AdminDeps,
  subscription: LiveSubscription,
  windows: readonly SubscriptionWindow[],
): SubscriptionView {
  const { userId, providerSubscriptionRef, cancelAtEnd, state } = subscription;
  return {
    id: subscription.id,
    user_id: userId,
    user: deps.live.state.identity.userById.get(userId)?.name ?? null,
    plan: subscription.planCode,
    plan_version: subscription.version.version,
    state: standingOf(subscription, deps.ctx.clock.now()),
    starts_at: toRfc3339(subscription.startsAt),
    ends_at: toRfc3339(subscription.endsAt),
    renews: providerSubscriptionRef !== null && !cancelAtEnd && state === 'active',
    cancel_reason: subscription.cancelReason,
    source: subscription.source,
    windows: windows.map(viewWindow),
    created_at: toRfc3339(subscription.createdAt),
  };
}

function viewWindow(window: SubscriptionWindow): SubscriptionView['windows'][number] {
  const left = windowLeft(window);
  return {
    span: window.span,
    limit_usd: formatUsd(window.limitUsdMicros),
    used_usd: formatUsd(window.usedUsdMicros),
    held_usd: formatUsd(window.heldUsdMicros),
    left_usd: formatUsd(left),
    used_usd_micros: window.usedUsdMicros,
    left_usd_micros: left,
    started_at: instantText(window.startedAt),
    resets_at: instantText(windowResetsAt(window)),
  };
}

function viewGrant(grant: Grant): DetailView['grants'][number] {
  return {
    source: grant.source,
    starts_at: toRfc3339(grant.startsAt),
    ends_at: toRfc3339(grant.endsAt),
    revoked_at: instantText(grant.revokedAt),
    at: toRfc3339(grant.at),
  };
}

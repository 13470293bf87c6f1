import { formatUsd } from '../../core/money.ts';
import { formatAmount } from '../../core/orders/index.ts';
import { type Plan, type PlanVersion, WINDOW_SPANS } from '../../core/plans/index.ts';
import {
  type LiveSubscription,
  type SubscriptionWindow,
  standingOf,
  windowLeft,
  windowResetsAt,
} from '../../core/subscriptions/index.ts';
import { type EpochMs, toRfc3339 } from '../../core/time.ts';

/** A plan as a buyer sees it. */
export function viewPlan({ code, version }: Plan): object {
  return { code, ...termsOf(version) };
}

/** Somebody's own time on a plan, with what is left of its windows. */
export function viewSubscription(
  subscription: LiveSubscription,
  windows: readonly SubscriptionWindow[],
  now: EpochMs,
): object {
  return {
    id: subscription.id,
    plan: subscription.planCode,
    name: subscription.version.name,
    state: standingOf(subscription, now),
    starts_at: toRfc3339(subscription.startsAt),
    ends_at: toRfc3339(subscription.endsAt),
    renews: subscription.providerSubscriptionRef !== null && !subscription.cancelAtEnd,
    windows: windows.map(viewWindow),
  };
}

function termsOf(version: PlanVersion) {
  const { rpm, tpm, concurrency } = version.limits;
  return {
    name: version.name,
    price: formatAmount(version.priceMinor, version.currency),
    currency: version.currency,
    duration: version.duration,
    windows: WINDOW_SPANS.flatMap((span) => {
      const limit = version.windowLimits[span];
      return limit === null ? [] : [{ span, limit_usd: formatUsd(limit) }];
    }),
    multiplier: formatUsd(version.multiplierPpm),
    models: version.models,
    groups: version.groups,
    rpm,
    tpm,
    concurrency,
    overage: version.allowsOverage,
    on_repurchase: version.onRepurchase,
    renews: version.renews,
  };
}

/** What is leased for requests that run counts as left until they have used it. */
function viewWindow(window: SubscriptionWindow): object {
  const resetsAt = windowResetsAt(window);
  return {
    span: window.span,
    limit_usd: formatUsd(window.limitUsdMicros),
    used_usd: formatUsd(window.usedUsdMicros),
    left_usd: formatUsd(windowLeft(window) + window.heldUsdMicros),
    resets_at: resetsAt === null ? null : toRfc3339(resetsAt),
  };
}

import { readBalance } from '../../core/ledger/index.ts';
import { WINDOW_MS } from '../../core/plans/index.ts';
import {
  type LiveSubscription,
  readWindows,
  runningAt,
  type SubscriptionWindow,
  windowResetsAt,
} from '../../core/subscriptions/index.ts';
import type { EpochMs } from '../../core/time.ts';
import type { AccountAnswer, AccountInput, AccountRoute } from './account-route.ts';
import { json } from './answers.ts';
import { withKey } from './require-user.ts';

/**
 * Where Codex CLI asks for its limits. It gets the caller's own: the windows of the plan that pays next, and what is left
 * of the balance. What the accounts behind the relay have used is nobody's business.
 */
export const codexUsageRoutes: readonly AccountRoute[] = [
  { method: 'GET', path: '/api/codex/usage', owner: 'core', answer: showUsage },
  { method: 'GET', path: '/backend-api/wham/usage', owner: 'core', answer: showUsage },
  { method: 'GET', path: '/backend-api/codex/usage', owner: 'core', answer: showUsage },
];

async function showUsage(input: AccountInput): Promise<AccountAnswer> {
  return await withKey(input, async ({ user }) => {
    const { ctx, live, queue } = input.house;
    const now = ctx.clock.now();
    if (live.state.features.billing.disabled) return json(200, documentOf('free', [], null, now));
    await queue.flush();
    const [first] = runningAt(live.state.subscriptions.of(user.id), now);
    const windows = first ? await windowsOf(input, first, now) : [];
    const { usdMicros } = await readBalance(ctx, user.id);
    return json(200, documentOf(first?.planCode ?? 'payg', windows, usdMicros, now));
  });
}

async function windowsOf(
  { house }: AccountInput,
  { id }: LiveSubscription,
  now: EpochMs,
): Promise<readonly SubscriptionWindow[]> {
  return (await readWindows(house.ctx, [id], now)).get(id) ?? [];
}

/** The document of `GET /backend-api/wham/usage`: two windows at most, the shorter one first. */
function documentOf(plan: string, windows: readonly SubscriptionWindow[], balance: number | null, now: EpochMs) {
  const shown = [...windows].sort((a, b) => lengthMs(a) - lengthMs(b));
  const isReached = shown.some(({ usedUsdMicros, limitUsdMicros }) => usedUsdMicros >= limitUsdMicros);
  const hasCredits = balance !== null && balance > 0;
  return {
    plan_type: plan,
    rate_limit: {
      allowed: !isReached || hasCredits,
      limit_reached: isReached,
      primary_window: windowView(shown[0], now),
      secondary_window: windowView(shown.length > 1 ? shown.at(-1) : undefined, now),
    },
    credits: {
      has_credits: hasCredits,
      unlimited: balance === null,
      balance: balance === null ? null : (balance / 1_000_000).toFixed(6),
    },
    additional_rate_limits: [],
  };
}

function windowView(window: SubscriptionWindow | undefined, now: EpochMs): object | null {
  if (!window) return null;
  const resetsAt = windowResetsAt(window) ?? now + lengthMs(window);
  return {
    // What is leased to daemons is not used yet.
    used_percent: Math.min(100, Math.round((window.usedUsdMicros / window.limitUsdMicros) * 100)),
    limit_window_seconds: lengthMs(window) / 1000,
    reset_after_seconds: Math.max(0, Math.ceil((resetsAt - now) / 1000)),
    reset_at: Math.ceil(resetsAt / 1000),
  };
}

function lengthMs({ span }: SubscriptionWindow): number {
  return WINDOW_MS[span];
}

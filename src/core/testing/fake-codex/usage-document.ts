import type { EpochMs } from '../../time.ts';
import { type ChatGptAccount, exhausted, type FakeLimit, type FakeWindow } from './chatgpt-account.ts';

/** The body of GET /backend-api/wham/usage. */
export function usageDocument(account: ChatGptAccount, now: EpochMs): object {
  const [main, ...others] = account.limits;
  const isReached = exhausted(account).length > 0;
  return {
    user_id: account.userId,
    account_id: account.accountId,
    email: account.email,
    plan_type: account.plan,
    rate_limit: rateLimit(main, isReached, now),
    code_review_rate_limit: null,
    additional_rate_limits: others.map((limit) => ({
      limit_name: limit.name,
      metered_feature: limit.id,
      rate_limit: rateLimit(limit, isFull(limit), now),
    })),
    credits: {
      has_credits: account.credits.has,
      unlimited: account.credits.unlimited,
      balance: account.credits.balance,
      approx_local_messages: [0, 0],
      approx_cloud_messages: [0, 0],
    },
    spend_control: { reached: false },
    rate_limit_reached_type: isReached ? 'rate_limit_reached' : null,
  };
}

/** The same on every answer of the backend, as headers. */
export function usageHeaders(account: ChatGptAccount, now: EpochMs): Record<string, string> {
  const families = account.limits.map((limit) => {
    const prefix = `x-${limit.id.replaceAll('_', '-')}`;
    return {
      ...windowHeaders(`${prefix}-primary`, limit.primary, now),
      ...windowHeaders(`${prefix}-secondary`, limit.secondary, now),
      ...(limit.name === null ? {} : { [`${prefix}-limit-name`]: limit.name }),
    };
  });
  return Object.assign({}, ...families, {
    'x-codex-active-limit': account.limits[0].id,
    'x-codex-plan-type': account.plan,
    'x-codex-primary-over-secondary-limit-percent': '0',
    'x-codex-credits-has-credits': titled(account.credits.has),
    'x-codex-credits-unlimited': titled(account.credits.unlimited),
    ...(account.credits.balance === null ? {} : { 'x-codex-credits-balance': account.credits.balance }),
  });
}

/** The same within a stream. */
export function usageEvent(account: ChatGptAccount, now: EpochMs): { type: string } & Record<string, unknown> {
  const [main] = account.limits;
  return {
    type: 'codex.rate_limits',
    plan_type: account.plan,
    rate_limits: {
      allowed: exhausted(account).length === 0,
      limit_reached: exhausted(account).length > 0,
      primary: eventWindow(main.primary, now),
      secondary: eventWindow(main.secondary, now),
    },
    code_review_rate_limits: null,
    credits: {
      has_credits: account.credits.has,
      unlimited: account.credits.unlimited,
      balance: account.credits.balance,
    },
    metered_limit_name: main.id,
    promo: null,
  };
}

function rateLimit(limit: FakeLimit, isReached: boolean, now: EpochMs): object {
  return {
    allowed: !isReached,
    limit_reached: isReached,
    primary_window: documentWindow(limit.primary, now),
    secondary_window: documentWindow(limit.secondary, now),
  };
}

function documentWindow(window: FakeWindow | null, now: EpochMs): object | null {
  if (!window) return null;
  return {
    used_percent: Math.round(window.usedPercent),
    limit_window_seconds: window.minutes * 60,
    reset_after_seconds: window.resetsAtS - Math.floor(now / 1_000),
    reset_at: window.resetsAtS,
  };
}

function eventWindow(window: FakeWindow | null, now: EpochMs): object | null {
  if (!window) return null;
  return {
    used_percent: window.usedPercent,
    window_minutes: window.minutes,
    reset_after_seconds: window.resetsAtS - Math.floor(now / 1_000),
    reset_at: window.resetsAtS,
  };
}

function windowHeaders(prefix: string, window: FakeWindow | null, now: EpochMs): Record<string, string> {
  if (!window) return {};
  return {
    [`${prefix}-used-percent`]: String(window.usedPercent),
    [`${prefix}-window-minutes`]: String(window.minutes),
    [`${prefix}-reset-after-seconds`]: String(window.resetsAtS - Math.floor(now / 1_000)),
    [`${prefix}-reset-at`]: String(window.resetsAtS),
  };
}

function isFull({ primary, secondary }: FakeLimit): boolean {
  return (primary?.usedPercent ?? 0) >= 100 || (secondary?.usedPercent ?? 0) >= 100;
}

function titled(value: boolean): string {
  return value ? 'True' : 'False';
}

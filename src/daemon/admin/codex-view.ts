import type { z } from 'zod';
import { type AccountPlace, type Limit, type LimitWindow, snapshotAt } from '../../core/codex/index.ts';
import type { codexAccountView } from '../../core/contract/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { cooldownViews } from './cooldown-view.ts';
import { instantText } from './formats.ts';
import type { Facts } from './record-change.ts';

export type CodexAccountView = z.output<typeof codexAccountView>;

/** Shows accounts as they are now, with what answers have shown since they were last written. */
export function codexViewer(deps: AdminDeps): (place: AccountPlace) => CodexAccountView {
  const cooldowns = cooldownViews(deps);
  const now = deps.ctx.clock.now();
  return ({ account, credential, upstream }) => {
    const live = deps.live.codex.accounts.get(account.credentialId)?.limits ?? null;
    const isLiveNewer = live !== null && live.at >= (account.limits?.at ?? 0);
    const limits = isLiveNewer ? live : account.limits && snapshotAt(account.limits, now);
    return {
      id: credential.id,
      name: credential.name,
      upstream_id: upstream.id,
      upstream: upstream.name,
      email: account.email,
      account_id: account.accountId,
      plan: limits?.plan ?? account.plan,
      fedramp: account.isFedramp,
      state: account.state,
      why: account.why,
      enabled: credential.enabled,
      access_expires_at: instantText(account.accessExpiresAt),
      last_refresh_at: toRfc3339(account.lastRefreshAt),
      limits: (limits?.limits ?? []).map(viewLimit),
      limits_seen_at: limits && toRfc3339(limits.at),
      credits: limits?.credits ? { ...limits.credits } : null,
      cooldowns: cooldowns.filter((cooldown) => cooldown.credential_id === credential.id),
      created_at: toRfc3339(account.createdAt),
    };
  };
}

/** What the audit log keeps of an account. */
export function accountFacts({ account, credential, upstream }: AccountPlace): Facts {
  return {
    upstream: upstream.name,
    name: credential.name,
    fingerprint: credential.fingerprint,
    email: account.email,
    account_id: account.accountId,
    plan: account.plan,
    state: account.state,
    why: account.why,
  };
}

function viewLimit(limit: Limit): CodexAccountView['limits'][number] {
  return {
    id: limit.id,
    name: limit.name,
    short: viewWindow(limit.short),
    long: viewWindow(limit.long),
    reached: limit.isReached,
    seen_at: toRfc3339(limit.seenAt),
  };
}

function viewWindow(window: LimitWindow | null): CodexAccountView['limits'][number]['short'] {
  if (!window) return null;
  return {
    used_percent: window.usedPercent,
    window_minutes: window.minutes === null ? null : Math.round(window.minutes),
    resets_at: instantText(window.resetsAt),
  };
}

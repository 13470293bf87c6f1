import type { Config } from '../../core/config/index.ts';
import type { RateLimits } from '../../core/identity/index.ts';
import { isUnlimited, type LimitRefusal, type LimitSubject } from '../../core/scheduling/index.ts';
import { planLimits } from '../../core/subscriptions/index.ts';
import type { EpochMs } from '../../core/time.ts';
import type { LiveState } from '../live.ts';
import type { Caller } from './authenticate.ts';
import type { Refusal } from './refusal.ts';

/** What limits a caller now: the user and the key, and in business mode the user's running plans. */
export function callerSubjects(state: LiveState, caller: Caller, now: EpochMs): readonly LimitSubject[] {
  const own = ownSubjects(caller, state.settings.effective);
  if (state.features.billing.disabled) return own;
  const subscriptions = state.subscriptions.of(caller.user.id);
  if (subscriptions.length === 0) return own;
  const limits = planLimits(subscriptions, now);
  return isUnlimited(limits) ? own : [...own, { key: `plans of ${caller.user.id}`, limits }];
}

const remembered = new WeakMap<Caller, { readonly config: Config; readonly subjects: readonly LimitSubject[] }>();

/**
 * What limits a caller: the user over all keys, and the key. A row's own limits win over the settings' defaults.
 * Callers and settings live in snapshots that never change, so this is worked out once for each pair.
 */
function ownSubjects(caller: Caller, config: Config): readonly LimitSubject[] {
  const known = remembered.get(caller);
  if (known?.config === config) return known.subjects;
  const subjects = workOut(caller, config);
  remembered.set(caller, { config, subjects });
  return subjects;
}

function workOut(caller: Caller, config: Config): readonly LimitSubject[] {
  const user = withDefaults(caller.user.limits, {
    rpm: config['limits.user_rpm'],
    tpm: config['limits.user_tpm'],
    concurrency: config['limits.user_concurrency'],
  });
  const key = withDefaults(caller.key.limits, {
    rpm: config['limits.key_rpm'],
    tpm: config['limits.key_tpm'],
    concurrency: config['limits.key_concurrency'],
  });
  const subjects: LimitSubject[] = [];
  if (!isUnlimited(user)) subjects.push({ key: caller.user.id, limits: user });
  if (!isUnlimited(key)) subjects.push({ key: caller.key.id, limits: key });
  return subjects;
}

/** Null in a row means the setting; 0, in either, means unlimited. */
function withDefaults(own: RateLimits, defaults: { rpm: number; tpm: number; concurrency: number }): RateLimits {
  return {
    rpm: own.rpm ?? defaults.rpm,
    tpm: own.tpm ?? defaults.tpm,
    concurrency: own.concurrency ?? defaults.concurrency,
  };
}

const LIMIT_NAMES = { rpm: 'requests a minute', tpm: 'tokens a minute', concurrency: 'requests at once' } as const;

/** The answer to a caller over a limit. */
export function limitRefusal(refused: LimitRefusal, caller: Caller, now: EpochMs): Refusal {
  const whose = refused.subject === caller.key.id ? `the key "${caller.key.name}"` : 'this account';
  return {
    status: 429,
    code: `${refused.limit}_limit_reached`,
    type: 'rate_limit_error',
    message: `The limit of ${LIMIT_NAMES[refused.limit]} for ${whose} is reached.`,
    resetsAt: (now + refused.retryAfterMs) as EpochMs,
  };
}

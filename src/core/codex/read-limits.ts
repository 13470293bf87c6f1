import { type EpochMs, epochMs, SECOND_MS } from '../time.ts';
import {
  type Credits,
  LIMITS_MAX,
  type Limit,
  type LimitSnapshot,
  type LimitWindow,
  limitOf,
  MAIN_LIMIT,
} from './limit-snapshot.ts';

// The three places in which the backend says how much is used. Each is read with the same patience: a field of another
// kind than expected counts as absent, and nothing throws.

type Json = Readonly<Record<string, unknown>>;

const TEXT_MAX_CHARS = 100;
const MINUTE_S = 60;
const MINUTES_MAX = 60 * 24 * 366;
const PERCENT_MAX = 10_000;
const WINDOW_HEADER = /^x-(.+)-(?:primary|secondary)-used-percent$/;

/** The body of `GET …/wham/usage`. Null when it says nothing of limits. */
export function limitsFromUsage(body: unknown, now: EpochMs): LimitSnapshot | null {
  if (!isObject(body)) return null;
  const main = documentLimit(MAIN_LIMIT, null, body['rate_limit'], now);
  const others = listAt(body, 'additional_rate_limits').flatMap((entry) => {
    const id = textOf(entry['metered_feature']) ?? textOf(entry['limit_name']);
    const limit = id === null ? null : documentLimit(id, textOf(entry['limit_name']), entry['rate_limit'], now);
    return limit ? [limit] : [];
  });
  const limits = main ? [main, ...others] : others;
  return snapshot('usage', now, { plan: textOf(body['plan_type']), limits, credits: readCredits(body['credits']) });
}

/**
 * The headers of an answer, as names and values in turn. Families are an open set, `x-codex-…` and any other
 * `x-<limit>-primary-…`; one whose numbers are all zero has no data.
 */
export function limitsFromHeaders(raw: readonly string[], now: EpochMs): LimitSnapshot | null {
  const headers = new Map<string, string>();
  const families = new Set<string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    if (!name.startsWith('x-')) continue;
    headers.set(name, raw[at + 1] ?? '');
    const [, family] = WINDOW_HEADER.exec(name) ?? [];
    if (family !== undefined) families.add(family);
  }
  if (families.size === 0) return null;
  const limits = [...families].slice(0, LIMITS_MAX).flatMap((family) => {
    const limit = headerLimit(family, headers, now);
    return limit ? [limit] : [];
  });
  const credits = readCredits({
    has_credits: flagText(headers.get('x-codex-credits-has-credits')),
    unlimited: flagText(headers.get('x-codex-credits-unlimited')),
    balance: headers.get('x-codex-credits-balance'),
  });
  return snapshot('headers', now, { plan: textOf(headers.get('x-codex-plan-type')), limits, credits });
}

/** The event `codex.rate_limits` of a stream, parsed. Null for any other event. */
export function limitsFromEvent(event: unknown, now: EpochMs): LimitSnapshot | null {
  if (!isObject(event) || event['type'] !== 'codex.rate_limits') return null;
  const rates = event['rate_limits'];
  const id = textOf(event['metered_limit_name']) ?? textOf(event['limit_name']) ?? MAIN_LIMIT;
  const windows = isObject(rates) ? rates : {};
  const limit = limitFrom(
    { id, name: null, isReached: reachedOf(windows), seenAt: now },
    windowFrom(windows['primary'], now),
    windowFrom(windows['secondary'], now),
  );
  const facts = { plan: textOf(event['plan_type']), credits: readCredits(event['credits']) };
  return snapshot('event', now, { ...facts, limits: limit ? [limit] : [] });
}

function snapshot(
  source: LimitSnapshot['source'],
  at: EpochMs,
  facts: Pick<LimitSnapshot, 'plan' | 'limits' | 'credits'>,
): LimitSnapshot | null {
  const isEmpty = facts.limits.length === 0 && facts.plan === null && facts.credits === null;
  return isEmpty ? null : { at, source, ...facts, limits: facts.limits.slice(0, LIMITS_MAX) };
}

function documentLimit(id: string, name: string | null, given: unknown, now: EpochMs): Limit | null {
  if (!isObject(given)) return null;
  return limitFrom(
    { id, name, isReached: reachedOf(given), seenAt: now },
    windowFrom(given['primary_window'], now),
    windowFrom(given['secondary_window'], now),
  );
}

function headerLimit(family: string, headers: ReadonlyMap<string, string>, now: EpochMs): Limit | null {
  const window = (which: string) => {
    const field = (name: string) => numberText(headers.get(`x-${family}-${which}-${name}`));
    return windowFrom(
      {
        used_percent: field('used-percent'),
        window_minutes: field('window-minutes'),
        reset_at: field('reset-at'),
        reset_after_seconds: field('reset-after-seconds'),
      },
      now,
    );
  };
  const name = textOf(headers.get(`x-${family}-limit-name`));
  return limitFrom({ id: family, name, isReached: null, seenAt: now }, window('primary'), window('secondary'));
}

function limitFrom(
  facts: Pick<Limit, 'id' | 'name' | 'isReached' | 'seenAt'>,
  primary: LimitWindow | null,
  secondary: LimitWindow | null,
): Limit | null {
  if (!primary && !secondary && facts.isReached === null) return null;
  return limitOf(facts, primary, secondary);
}

/** Null for a window without data: no percentage, or nothing but zeros. */
function windowFrom(given: unknown, now: EpochMs): LimitWindow | null {
  if (!isObject(given)) return null;
  const used = numberOf(given['used_percent'], PERCENT_MAX);
  if (used === null) return null;
  const seconds = numberOf(given['limit_window_seconds'], MINUTES_MAX * MINUTE_S);
  const minutes =
    numberOf(given['window_minutes'], MINUTES_MAX) ?? (seconds === null ? null : Math.ceil(seconds / MINUTE_S));
  const resetsAt = instantFrom(given, now);
  if (used === 0 && !minutes && resetsAt === null) return null;
  return { usedPercent: used, minutes: minutes === 0 ? null : minutes, resetsAt };
}

function instantFrom(given: Json, now: EpochMs): EpochMs | null {
  const at = numberOf(given['reset_at'], Number.MAX_SAFE_INTEGER / SECOND_MS);
  if (at) return epochMs(Math.round(at) * SECOND_MS);
  const after = numberOf(given['reset_after_seconds'], MINUTES_MAX * MINUTE_S);
  return after ? epochMs(now + Math.round(after) * SECOND_MS) : null;
}

function reachedOf(given: Json): boolean | null {
  if (given['limit_reached'] === true || given['allowed'] === false) return true;
  return given['limit_reached'] === false || given['allowed'] === true ? false : null;
}

function readCredits(given: unknown): Credits | null {
  if (!isObject(given) || typeof given['has_credits'] !== 'boolean') return null;
  return { has: given['has_credits'], unlimited: given['unlimited'] === true, balance: textOf(given['balance']) };
}

function numberOf(value: unknown, max: number): number | null {
  return typeof value === 'number' && value >= 0 && value <= max ? value : null;
}

function numberText(text: string | undefined): number | null {
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : null;
}

function flagText(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : /^true$/i.test(text);
}

/** It is shown on terminals. */
function textOf(value: unknown): string | null {
  const isFine = typeof value === 'string' && value !== '' && value.length <= TEXT_MAX_CHARS && !/\p{C}/u.test(value);
  return isFine ? value : null;
}

function listAt(from: Json, name: string): Json[] {
  const value = from[name];
  return Array.isArray(value) ? value.slice(0, LIMITS_MAX).filter(isObject) : [];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { EpochMs } from '../time.ts';
import type { ErrorRule } from '../upstreams/index.ts';
import type { Candidate } from './candidate.ts';
import type { CooldownScope } from './cooldown.ts';
import type { CooldownBook, NewCooldown } from './cooldown-book.ts';
import { CLASS_POLICIES, type ErrorClass, type UpstreamError } from './upstream-error.ts';

/** Default lengths in milliseconds, from the `cooldown.*` settings. */
export interface CooldownDefaults {
  readonly credentialMs: number;
  readonly rateLimitBaseMs: number;
  readonly rateLimitMaxMs: number;
  readonly usageLimitMs: number;
  readonly authMs: number;
  readonly modelMs: number;
  readonly capacityMs: number;
  readonly endpointBaseMs: number;
  readonly endpointMaxMs: number;
}

export interface ErrorSight {
  readonly candidate: Candidate;
  readonly error: UpstreamError;
  readonly errorClass: ErrorClass;
  /** The operator's rule that matched, if one did. */
  readonly rule: ErrorRule | null;
  /** Failures in a row of this candidate before this one. */
  readonly failuresInRow: number;
  /** No other candidate could serve such a request now. */
  readonly isLast: boolean;
  readonly now: EpochMs;
}

/** A provider's hint beyond this is taken for a defect. */
const HINT_MAX_MS = 32 * 86_400_000;
/** One failed answer of a server is noise; addresses that cannot be reached at all rest at once. */
const ANSWERS_BEFORE_ENDPOINT_RESTS = 2;

/** Says what rests after an error, and for how long; null when nothing does. */
export function ruleCooldown(sight: ErrorSight, book: CooldownBook, defaults: CooldownDefaults): NewCooldown | null {
  const scope = scopeOf(sight);
  if (scope === null) return null;
  const subject = subjectOf(sight.candidate, scope);
  const { ms, source, rung } = lengthOf(sight, subject, book, defaults);
  return {
    scope,
    subject,
    until: (sight.now + ms) as EpochMs,
    reason: sight.errorClass,
    evidence: evidenceOf(sight.error),
    source,
    rung,
  };
}

function scopeOf(sight: ErrorSight): CooldownScope | null {
  if (sight.rule) return sight.rule.cooldown === 'none' ? null : sight.rule.cooldown;
  const policy = CLASS_POLICIES[sight.errorClass];
  if (policy.scope === null) return null;
  if (policy.transient && sight.isLast) return null;
  const answered = sight.error.kind === 'answer';
  if (policy.scope === 'endpoint' && answered && sight.failuresInRow + 1 < ANSWERS_BEFORE_ENDPOINT_RESTS) return null;
  return policy.scope;
}

function subjectOf(candidate: Candidate, scope: CooldownScope): string {
  if (scope === 'credential') return candidate.subjects.credential;
  if (scope === 'credential_model') return candidate.subjects.credentialModel;
  return candidate.subjects.endpoint;
}

interface Length {
  readonly ms: number;
  readonly source: NewCooldown['source'];
  readonly rung: number;
}

function lengthOf(sight: ErrorSight, subject: string, book: CooldownBook, defaults: CooldownDefaults): Length {
  if (sight.rule?.cooldownMs !== undefined) return { ms: sight.rule.cooldownMs, source: 'rule', rung: 0 };
  if (sight.error.kind === 'answer') {
    const { bodyResetMs, retryAfterMs } = sight.error;
    if (bodyResetMs !== null) return { ms: bounded(bodyResetMs), source: 'body', rung: 0 };
    if (retryAfterMs !== null) return { ms: bounded(retryAfterMs), source: 'header', rung: 0 };
  }
  const rung = book.nextRung(subject, sight.now);
  return { ms: defaultMs(sight.errorClass, rung, defaults), source: 'default', rung };
}

function defaultMs(errorClass: ErrorClass, rung: number, defaults: CooldownDefaults): number {
  switch (errorClass) {
    case 'auth':
      return defaults.authMs;
    case 'usage_limit':
    case 'billing':
      return defaults.usageLimitMs;
    case 'model_missing':
      return defaults.modelMs;
    case 'capacity':
      return defaults.capacityMs;
    case 'rate_limit':
      return doubled(defaults.rateLimitBaseMs, rung, defaults.rateLimitMaxMs);
    case 'overloaded':
    case 'server':
    case 'network':
    case 'timeout':
    case 'blocked':
    case 'redirect':
    case 'malformed':
      return doubled(defaults.endpointBaseMs, rung, defaults.endpointMaxMs);
    case 'request':
    case 'context_length':
    case 'inexpressible':
      return defaults.credentialMs;
  }
}

function doubled(baseMs: number, rung: number, maxMs: number): number {
  return Math.min(baseMs * 2 ** Math.min(rung - 1, 30), maxMs);
}

function bounded(ms: number): number {
  return Math.min(Math.max(ms, 0), HINT_MAX_MS);
}

function evidenceOf(error: UpstreamError): string {
  if (error.kind === 'network') return error.code;
  if (error.kind === 'malformed') return error.detail;
  if (error.kind === 'inexpressible') return error.field;
  return error.code ? `${error.status} ${error.code}` : String(error.status);
}

/** The operator's first rule that fits an error, or null. */
export function matchErrorRule(rules: readonly ErrorRule[], error: UpstreamError): ErrorRule | null {
  if (error.kind !== 'answer') return null;
  const text = `${error.code} ${error.message}`.toLowerCase();
  for (const rule of rules) {
    const { status, code, contains } = rule.match;
    if (status !== undefined && status !== error.status) continue;
    if (code !== undefined && code.toLowerCase() !== error.code) continue;
    if (contains !== undefined && !text.includes(contains.toLowerCase())) continue;
    return rule;
  }
  return null;
}

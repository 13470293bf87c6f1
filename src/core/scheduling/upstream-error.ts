import type { CooldownScope } from './cooldown.ts';

/** What went wrong at an upstream, in the words of the retry and cooldown policies. */
export const ERROR_CLASSES = [
  'request',
  'context_length',
  'model_missing',
  'auth',
  'billing',
  'usage_limit',
  'rate_limit',
  'capacity',
  'overloaded',
  'server',
  'network',
  'timeout',
  'blocked',
  'redirect',
  'malformed',
  'inexpressible',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** An error as it was seen, before anyone judged it. */
export type UpstreamError =
  | { readonly kind: 'network'; readonly code: string; readonly timedOut: boolean }
  | { readonly kind: 'malformed'; readonly detail: string }
  /** The request says something that this upstream's wire has no words for; nothing was sent. */
  | { readonly kind: 'inexpressible'; readonly field: string; readonly message: string }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly contentType: string;
      /** The provider's `error.code`, else `error.type`, lower case; empty when there is none. */
      readonly code: string;
      /** The provider's message, cut to a few hundred characters; for matching only. */
      readonly message: string;
      readonly retryAfterMs: number | null;
      /** A rest that the body states (`resets_at`, `resets_in_seconds`), as milliseconds from now. */
      readonly bodyResetMs: number | null;
    };

export interface ClassPolicy {
  /** Whether another candidate may succeed where this one failed. */
  readonly retry: boolean;
  /** What rests; null: the error says nothing about the candidate. */
  readonly scope: CooldownScope | null;
  /** Transient errors never rest the last candidate. */
  readonly transient: boolean;
}

export const CLASS_POLICIES: Readonly<Record<ErrorClass, ClassPolicy>> = {
  request: { retry: false, scope: null, transient: false },
  context_length: { retry: false, scope: null, transient: false },
  model_missing: { retry: true, scope: 'credential_model', transient: false },
  auth: { retry: true, scope: 'credential', transient: false },
  billing: { retry: true, scope: 'credential', transient: false },
  usage_limit: { retry: true, scope: 'credential', transient: false },
  rate_limit: { retry: true, scope: 'credential', transient: true },
  capacity: { retry: true, scope: 'credential_model', transient: true },
  overloaded: { retry: true, scope: 'endpoint', transient: true },
  server: { retry: true, scope: 'endpoint', transient: true },
  network: { retry: true, scope: 'endpoint', transient: true },
  timeout: { retry: true, scope: 'endpoint', transient: true },
  blocked: { retry: true, scope: 'endpoint', transient: true },
  redirect: { retry: true, scope: 'endpoint', transient: true },
  malformed: { retry: true, scope: 'endpoint', transient: true },
  inexpressible: { retry: true, scope: null, transient: false },
};

const BILLING_CODES = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active']);
const OVERLOAD_CODES = new Set(['server_is_overloaded', 'slow_down', 'overloaded_error', 'engine_overloaded']);
const MODEL_CODES = new Set(['model_not_found', 'model_not_supported', 'invalid_model', 'usage_not_included']);

/** What a provider quotes is the client's: nobody may rest a model by putting such words into a request. */
const QUOTED = /'[^']*'|"[^"]*"|`[^`]*`|“[^”]*”/g;
/** A bad request, in the words of Anthropic; it is the account that has no money. */
const NO_CREDIT = /\bcredit balance is too low\b/i;
const NO_SUCH_MODEL = /\bmodel(?:\s+\S+)?\s+(?:is\s+|was\s+)?(?:not supported|does not exist|not found)\b/i;

/** Sorts an error into its class. Pure: the same sight gives the same class. */
export function classify(error: UpstreamError): ErrorClass {
  if (error.kind === 'network') return error.timedOut ? 'timeout' : 'network';
  if (error.kind !== 'answer') return error.kind;
  const plain = { ...error, message: error.message.replace(QUOTED, '') };
  return byCode(plain) ?? byStatus(plain);
}

type Answer = Extract<UpstreamError, { kind: 'answer' }>;

function byCode({ code, message, status }: Answer): ErrorClass | null {
  if (code === 'usage_limit_reached') return 'usage_limit';
  if (BILLING_CODES.has(code) || NO_CREDIT.test(message)) return 'billing';
  if (OVERLOAD_CODES.has(code)) return 'overloaded';
  if (code === 'context_length_exceeded' || /\bprompt is too long\b/i.test(message)) return 'context_length';
  // A bad request, in the words of Google; it is the key that is bad.
  if (code === 'api_key_invalid') return 'auth';
  if (MODEL_CODES.has(code)) return 'model_missing';
  // Larger than the account's whole limit: no rest makes it fit, and other accounts need not suffer for it.
  if (status === 429 && /\brequest too large\b/i.test(message)) return 'request';
  if (code === 'rate_limit_exceeded' || code === 'rate_limit_error') return 'rate_limit';
  if (/\bat capacity\b/i.test(message)) return 'capacity';
  if (status === 400 && NO_SUCH_MODEL.test(message)) return 'model_missing';
  return null;
}

function byStatus({ status, contentType, message }: Answer): ErrorClass {
  if (status >= 300 && status < 400) return 'redirect';
  if (status === 401) return 'auth';
  if (status === 402) return 'billing';
  if (status === 403) return contentType.includes('html') ? 'blocked' : 'auth';
  if (status === 404) return /model/i.test(message) ? 'model_missing' : 'request';
  if (status === 408) return 'timeout';
  if (status === 429) return 'rate_limit';
  if (status === 503 || status === 529) return 'overloaded';
  if (status >= 500) return 'server';
  return 'request';
}

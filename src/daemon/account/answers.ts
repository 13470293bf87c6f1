import { Failure, type FailureCode } from '../../core/failure.ts';
import type { Refusal } from '../relay/index.ts';
import type { AccountAnswer } from './account-route.ts';

export function json(status: number, value: unknown, headers?: Readonly<Record<string, string>>): AccountAnswer {
  return { kind: 'json', status, value, ...(headers === undefined ? {} : { headers }) };
}

export function refused(refusal: Refusal): AccountAnswer {
  return { kind: 'refused', refusal };
}

interface ErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly param?: string | undefined;
  readonly errors?: readonly { readonly path: string; readonly message: string }[] | undefined;
  /** When it may be tried again. */
  readonly waitMs?: number | undefined;
}

/** An error in the shape that every client of `/v1` reads, with what to do about it. */
export function errorAnswer(status: number, facts: ErrorFacts): AccountAnswer {
  const { code, message, hint, param = null, errors, waitMs } = facts;
  const error = { message, type: typeOf(status), param, code, ...(hint && { hint }), ...(errors && { errors }) };
  const headers: Record<string, string> = {};
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="realms account"';
  // The rest of a body that nobody read must not be taken for the next request.
  if (status === 413) headers['connection'] = 'close';
  if (waitMs !== undefined) headers['retry-after'] = String(Math.ceil(waitMs / 1000));
  return json(status, { error }, headers);
}

const STATUSES: Readonly<Record<FailureCode, number>> = {
  invalid_input: 400,
  not_found: 404,
  already_exists: 409,
  conflict: 409,
  feature_disabled: 404,
  unauthenticated: 401,
  forbidden: 403,
  too_large: 413,
  unsupported_encoding: 415,
  overloaded: 503,
  upstream_failed: 502,
  database_failed: 503,
  config_invalid: 500,
  internal: 500,
};

/** What the caller learns of a failure; null: nothing, it is for the log alone. */
export function failureAnswer(failure: unknown): AccountAnswer | null {
  if (!(failure instanceof Failure)) return null;
  const { code, facts } = failure;
  const status = STATUSES[code];
  // A 5xx never shows its message: it may hold what only the log should.
  if (status === 500) return null;
  if (status > 500) return errorAnswer(status, { code, message: HIDDEN[code] ?? 'try again later', waitMs: RETRY_MS });
  return errorAnswer(status, {
    code,
    message: facts.message,
    hint: facts.hint,
    param: facts.param,
    errors: facts.issues,
  });
}

const RETRY_MS = 5_000;
const HIDDEN: Partial<Record<FailureCode, string>> = {
  upstream_failed: 'The payment provider does not answer as it should; nothing was charged. Try again later.',
  database_failed: 'This cannot be answered at the moment. Try again later.',
  overloaded: 'There is too much to do at the moment. Try again later.',
};

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

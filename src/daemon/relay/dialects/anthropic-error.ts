import type { StreamFailure } from './dialect.ts';
import { isRecord } from './openai-usage.ts';

/** The API's own table (Anthropic API reference, "Errors"). */
const TYPES: readonly (readonly [string, number])[] = [
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['conflict_error', 409],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['timeout_error', 504],
  ['overloaded_error', 529],
];
const STATUS_BY_TYPE: ReadonlyMap<string, number> = new Map(TYPES);
const TYPE_BY_STATUS: ReadonlyMap<number, string> = new Map(TYPES.map(([type, status]) => [status, type]));
const MESSAGE_MAX = 500;

/** An error body as clients of this API read it; SDKs show `details.error_code`. */
export function anthropicErrorBody(
  status: number,
  code: string,
  message: string,
  field: string | null = null,
): { readonly [member: string]: unknown } {
  const details = { error_code: code, ...(field !== null && { field }) };
  return { type: 'error', error: { type: anthropicErrorType(status), message, details }, request_id: null };
}

/** The type that goes with a status. */
function anthropicErrorType(status: number): string {
  if (status === 503) return 'overloaded_error';
  return TYPE_BY_STATUS.get(status) ?? (status >= 400 && status < 500 ? 'invalid_request_error' : 'api_error');
}

/** Reads the `error` member of an error body or event; the status is the one that a plain answer would have had. */
export function anthropicFailureOf(error: unknown): StreamFailure {
  const { type, message, details } = isRecord(error) ? error : {};
  const known = typeof type === 'string' && type !== '' ? type : 'api_error';
  const code = isRecord(details) && typeof details['error_code'] === 'string' ? details['error_code'] : known;
  const said = typeof message === 'string' && message !== '' ? message : 'the upstream failed without a message';
  return { status: STATUS_BY_TYPE.get(known) ?? 502, code, message: said.slice(0, MESSAGE_MAX) };
}

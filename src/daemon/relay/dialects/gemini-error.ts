import type { StreamFailure } from './dialect.ts';
import { isRecord } from './openai-usage.ts';

/** Names of statuses (google.rpc.Code and its mapping to HTTP). */
const NAMES: ReadonlyMap<number, string> = new Map([
  [400, 'INVALID_ARGUMENT'],
  [401, 'UNAUTHENTICATED'],
  [402, 'FAILED_PRECONDITION'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [409, 'ABORTED'],
  [429, 'RESOURCE_EXHAUSTED'],
  [499, 'CANCELLED'],
  [501, 'UNIMPLEMENTED'],
  [502, 'UNAVAILABLE'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
  [529, 'UNAVAILABLE'],
]);
const MESSAGE_MAX = 500;

/** An error body as clients of Google's APIs read it (google.rpc.Status); the code and the field are details. */
export function geminiErrorBody(
  status: number,
  code: string,
  message: string,
  field: string | null = null,
): { readonly [member: string]: unknown } {
  const name = NAMES.get(status) ?? (status >= 400 && status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL');
  const reason = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code, domain: 'realms' };
  const violation = {
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [{ field, description: message }],
  };
  return { error: { code: status, message, status: name, details: field === null ? [reason] : [reason, violation] } };
}

/** Reads the `error` member of a body or a chunk. */
export function geminiFailureOf(error: unknown): StreamFailure {
  const { code, message, status, details } = isRecord(error) ? error : {};
  const said = typeof message === 'string' && message !== '' ? message : 'the upstream failed without a message';
  const isHttp = typeof code === 'number' && Number.isInteger(code) && code >= 400 && code < 600;
  return {
    status: isHttp ? code : 502,
    code: reasonOf(details) ?? (typeof status === 'string' && status !== '' ? status : 'INTERNAL'),
    message: said.slice(0, MESSAGE_MAX),
  };
}

/** The reason of google.rpc.ErrorInfo, which says more than the status. */
function reasonOf(details: unknown): string | null {
  const reasons = Array.isArray(details) ? details.filter(isRecord).map(({ reason }) => reason) : [];
  return reasons.find((reason): reason is string => typeof reason === 'string' && reason !== '') ?? null;
}

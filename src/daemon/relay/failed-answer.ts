import type { ErrorClass, Pick, UpstreamError } from '../../core/scheduling/index.ts';
import type { EpochMs } from '../../core/time.ts';
import type { AttemptsResult } from './attempts-result.ts';
import type { Refusal, RefusalAnswer } from './refusal.ts';
import { refusalAnswer } from './refusal.ts';
import type { RelayRequest } from './relay-request.ts';

/** Errors that are about the request itself: the provider's own words reach the client. */
const REQUESTER_CLASSES: ReadonlySet<ErrorClass> = new Set(['request', 'context_length']);

const STATUS: Readonly<Record<ErrorClass, number>> = {
  request: 400,
  context_length: 400,
  model_missing: 404,
  // A client that is told 401 throws its own good key away, so trouble with Realms' credentials never looks like that.
  auth: 503,
  billing: 503,
  usage_limit: 429,
  rate_limit: 429,
  capacity: 503,
  overloaded: 503,
  server: 502,
  network: 502,
  timeout: 504,
  blocked: 502,
  redirect: 502,
  malformed: 502,
  inexpressible: 400,
};

type Failed = Extract<AttemptsResult, { kind: 'failed' }>;

/** What the client sees when the last attempt failed. */
export function failedAnswer(
  failed: Failed,
  request: RelayRequest,
  attempts: number,
  freeAt: EpochMs | null,
  now: EpochMs,
): RefusalAnswer & { readonly code: string } {
  const { errorClass, answer, rule } = failed;
  if (rule?.present) {
    const { status, message } = rule.present;
    const refusal: Refusal = { status, code: errorClass, type: 'upstream_error', message };
    return { ...told(refusal, request, now), code: errorClass };
  }
  if (answer && REQUESTER_CLASSES.has(errorClass) && !isWebPage(failed.error)) {
    if (isOwnWire(failed, request)) {
      return { status: answer.status, headers: answer.headers, body: answer.body, code: codeOf(failed) };
    }
    return { ...told(reworded(failed), request, now), code: codeOf(failed) };
  }
  if (failed.error.kind === 'inexpressible') {
    const refusal = inexpressibleRefusal(failed.error);
    return { ...told(refusal, request, now), code: refusal.code };
  }
  // The provider's words for this name its own model, and sometimes the account; the client asked for neither.
  if (errorClass === 'model_missing') {
    const missing = modelMissing(request.model);
    return { ...told(missing, request, now), code: missing.code };
  }
  const refusal: Refusal = {
    status: STATUS[errorClass],
    code: `upstream_${errorClass}`,
    type: 'upstream_error',
    message: `${describe(errorClass)} (${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}, request ${request.id}).`,
    resetsAt: STATUS[errorClass] === 429 ? freeAt : null,
  };
  return { ...told(refusal, request, now), code: refusal.code };
}

function told(refusal: Refusal, { incoming, route }: RelayRequest, now: EpochMs): RefusalAnswer {
  return refusalAnswer(refusal, { userAgent: incoming.userAgent, dialect: route.dialect }, now);
}

/** Whether the client can read the provider's own error. */
function isOwnWire({ candidate }: Failed, { route }: RelayRequest): boolean {
  // The Codex backend has a shape of its own for errors, and names accounts in them.
  if (candidate.upstream.kind === 'codex') return false;
  return route.wire === null || candidate.upstream.wires.includes(route.wire);
}

/** The provider's message about the request, for a client of another wire. */
function reworded({ error, errorClass }: Failed): Refusal {
  const { status, code, message } =
    error.kind === 'answer' ? error : { status: STATUS[errorClass], code: '', message: describe(errorClass) };
  return { status, code: code || errorClass, type: 'invalid_request_error', message, mayRetry: false };
}

/** For what a request says that no upstream which could take it has words for. */
export function inexpressibleRefusal({
  field,
  message,
}: {
  readonly field: string;
  readonly message: string;
}): Refusal {
  return {
    status: 400,
    code: 'unsupported_parameter',
    type: 'invalid_request_error',
    message,
    ...(field === '' ? {} : { param: field }),
    mayRetry: false,
  };
}

function modelMissing(model: string): Refusal {
  return {
    status: 404,
    code: 'model_not_found',
    type: 'invalid_request_error',
    message: `The upstream does not have the model "${model}", or not for this account.`,
    param: 'model',
    mayRetry: false,
  };
}

/** A proxy in front of the provider spoke, not the provider; no answer of Realms is HTML. */
function isWebPage(error: UpstreamError): boolean {
  return error.kind === 'answer' && error.contentType.includes('html');
}

function codeOf({ error, errorClass }: Failed): string {
  return (error.kind === 'answer' && error.code) || errorClass;
}

function describe(errorClass: ErrorClass): string {
  switch (errorClass) {
    case 'rate_limit':
    case 'usage_limit':
      return 'The upstreams for this model are at their limit';
    case 'timeout':
      return 'The upstream did not answer in time';
    case 'overloaded':
    case 'capacity':
      return 'The upstreams for this model are overloaded';
    case 'network':
      return 'The connection to the upstream failed';
    case 'auth':
    case 'billing':
      return 'No upstream credential for this model works at present; the operator has to see to it';
    default:
      return 'The upstream failed';
  }
}

const NOWHERE_RETRY_MAX_MS = 60_000;

/** The answer when nothing can take the request now: never a 401, and 5xx only where asking again soon can help. */
export function nowhereRefusal(pick: Pick, model: string, now: EpochMs): Refusal {
  if (pick.verdicts.length === 0) {
    return {
      status: 404,
      code: 'model_not_available',
      type: 'invalid_request_error',
      message: `No upstream that this key may use serves the model "${model}".`,
      param: 'model',
      mayRetry: false,
    };
  }
  if (pick.verdicts.every((verdict) => verdict.kind === 'removed' && verdict.why === 'not the pinned credential')) {
    return {
      status: 400,
      code: 'previous_response_not_found',
      type: 'invalid_request_error',
      message: 'The account that holds what this request refers to can no longer be used for it.',
      mayRetry: false,
    };
  }
  const waitMs = pick.freeAt === null ? null : pick.freeAt - now;
  return {
    status: 429,
    code: 'no_upstream_available',
    type: 'rate_limit_error',
    message: `Every upstream for the model "${model}" is resting or at its limit.`,
    resetsAt: pick.freeAt,
    mayRetry: waitMs !== null && waitMs <= NOWHERE_RETRY_MAX_MS,
  };
}

import { Failure } from '../../core/failure.ts';
import type { ReserveAnswer } from '../../core/quota/index.ts';
import type { Refusal } from './refusal.ts';

/** Same Idempotency-Key, other body. */
export const IDEMPOTENCY_MISMATCH: Refusal = {
  status: 409,
  code: 'idempotency_key_reused',
  type: 'invalid_request_error',
  message: 'This Idempotency-Key was used with another request body.',
  mayRetry: false,
};
export const IDEMPOTENCY_TOO_LARGE: Refusal = {
  status: 409,
  code: 'idempotency_answer_not_kept',
  type: 'invalid_request_error',
  message: 'This request was answered already; its answer was too large to be kept for a replay.',
  mayRetry: false,
};

/** Too much is running or waiting to be written; asking again in a second helps. */
export function overloaded(): Refusal {
  return {
    status: 503,
    code: 'overloaded',
    type: 'server_error',
    message: 'This relay has more to do than it can; try again in a moment.',
  };
}

/** The answer to a request that nobody can pay for. */
export function quotaRefusal(answer: Extract<ReserveAnswer, { kind: 'refused' }>): Refusal {
  const { code, message, resetsAt } = answer;
  const status = code === 'not_granted' || code === 'model_not_priced' ? 403 : 402;
  return { status, code, type: 'insufficient_quota', message, resetsAt, mayRetry: false };
}

const STATUS_BY_FAILURE: Partial<Record<Failure['code'], number>> = {
  invalid_input: 400,
  too_large: 413,
  unsupported_encoding: 415,
  overloaded: 503,
};

/** Turns a Failure into the shape of the API that was called. Faults of Realms itself never show their message. */
export function failureRefusal(error: unknown): Refusal {
  const status = error instanceof Failure ? STATUS_BY_FAILURE[error.code] : undefined;
  if (!(error instanceof Failure) || status === undefined) {
    return { status: 500, code: 'internal_error', type: 'server_error', message: 'The relay failed; see its log.' };
  }
  return {
    status,
    code: error.code,
    type: 'invalid_request_error',
    message: error.facts.hint ? `${error.message} ${error.facts.hint}` : error.message,
    ...(error.facts.param === undefined ? {} : { param: error.facts.param }),
    mayRetry: false,
  };
}

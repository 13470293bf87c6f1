import type { FastifyReply } from 'fastify';
import { Failure, type FailureCode } from '../../core/failure.ts';
import { TooManyAttempts } from './admin-auth.ts';

const PROBLEM_MEDIA = 'application/problem+json';

type ProblemCode = FailureCode | 'method_not_allowed' | 'too_many_attempts';

/** RFC 9457, with a stable `code` and what to do about it. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly hint?: string;
  readonly feature?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly request_id: string;
}

const ANSWERS: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = {
  invalid_input: [422, 'Invalid input'],
  not_found: [404, 'Not found'],
  already_exists: [409, 'Already exists'],
  conflict: [409, 'Conflict'],
  feature_disabled: [404, 'Feature is off'],
  unauthenticated: [401, 'Not authenticated'],
  forbidden: [403, 'Not permitted'],
  too_large: [413, 'Too large'],
  unsupported_encoding: [415, 'Unsupported content'],
  overloaded: [503, 'Busy, try again later'],
  upstream_failed: [502, 'The upstream failed'],
  database_failed: [503, 'The database failed'],
  config_invalid: [422, 'Invalid configuration'],
  internal: [500, 'Something failed inside of Realms'],
  method_not_allowed: [405, 'Method not allowed'],
  too_many_attempts: [429, 'Too many attempts'],
};

/** A 5xx never shows its message: it may hold what only the log should. */
const HIDDEN_FROM = 500;

/** What the caller learns of anything thrown. */
export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof Failure) return fromFailure(error, requestId);
  if (error instanceof TooManyAttempts) return problem('too_many_attempts', requestId, { detail: error.message });
  return fromFastify(error, requestId);
}

export function problem(
  code: ProblemCode,
  requestId: string,
  facts: Partial<Pick<Problem, 'detail' | 'hint' | 'feature' | 'errors'>> = {},
): Problem {
  const [status, title] = ANSWERS[code];
  return { type: `urn:realms:problem:${code}`, title, status, code, ...facts, request_id: requestId };
}

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  return reply.code(body.status).header('content-type', PROBLEM_MEDIA).send(JSON.stringify(body));
}

function fromFailure(failure: Failure, requestId: string): Problem {
  const [status] = ANSWERS[failure.code];
  if (status >= HIDDEN_FROM) {
    return problem(failure.code, requestId, { hint: `the log of the daemon has it under ${requestId}` });
  }
  const { message, hint, param, issues } = failure.facts;
  const errors = issues ?? (param === undefined ? undefined : [{ path: param, message }]);
  return problem(failure.code, requestId, {
    detail: message,
    ...(hint === undefined ? {} : { hint }),
    ...(errors === undefined ? {} : { errors }),
  });
}

/** Faults that fastify itself finds, before a handler runs. */
function fromFastify(error: unknown, requestId: string): Problem {
  const { code, statusCode } = (error ?? {}) as { code?: string; statusCode?: number };
  if (statusCode === 413) return problem('too_large', requestId, { detail: 'the body has more than 4 MB' });
  if (statusCode === 415) {
    return problem('unsupported_encoding', requestId, {
      detail: 'the body must be JSON',
      hint: 'send content-type: application/json',
    });
  }
  if (code === 'FST_ERR_BAD_URL') {
    return {
      ...problem('invalid_input', requestId, { detail: 'the path is not percent-encoded as it should' }),
      status: 400,
    };
  }
  if (statusCode === 400) {
    return { ...problem('invalid_input', requestId, { detail: 'the body is not valid JSON' }), status: 400 };
  }
  return problem('internal', requestId, { hint: `the log of the daemon has it under ${requestId}` });
}

import { jsonAnswer } from './answer.ts';
import { anthropicError } from './anthropic-checks.ts';
import type { Behaviour } from './exchange.ts';
import { geminiError } from './gemini-checks.ts';

type Headers = Readonly<Record<string, string>>;

/** Answers that say no in the words of the Messages API. */
export const anthropicRefusals = {
  invalidRequest: (message = 'messages: bad'): Behaviour => anthropic(400, 'invalid_request_error', message),
  promptTooLong: (): Behaviour =>
    anthropic(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
  invalidApiKey: (): Behaviour => anthropic(401, 'authentication_error', 'invalid x-api-key'),
  creditTooLow: (): Behaviour =>
    anthropic(400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
  permission: (): Behaviour => anthropic(403, 'permission_error', 'Your API key does not have permission.'),
  modelNotFound: (model = 'the-model'): Behaviour => anthropic(404, 'not_found_error', `model: ${model}`),
  rateLimited: (retryAfterS?: number): Behaviour =>
    anthropic(429, 'rate_limit_error', 'This request would exceed your rate limit.', retryAfter(retryAfterS)),
  apiError: (): Behaviour => anthropic(500, 'api_error', 'Internal server error'),
  overloaded: (): Behaviour => anthropic(529, 'overloaded_error', 'Overloaded'),
};

/** Answers that say no in the words of the Gemini API. */
export const geminiRefusals = {
  invalidArgument: (message = 'Invalid value'): Behaviour => gemini(400, 'INVALID_ARGUMENT', message),
  /** A key that is no key is a bad argument there. */
  invalidApiKey: (): Behaviour =>
    gemini(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', 'API_KEY_INVALID'),
  permission: (): Behaviour => gemini(403, 'PERMISSION_DENIED', 'Permission denied.'),
  modelNotFound: (model = 'the-model'): Behaviour => gemini(404, 'NOT_FOUND', `models/${model} is not found`),
  /** Says in its details when to come back, as Google does. */
  rateLimited:
    (retryAfterS?: number): Behaviour =>
    () => {
      const error = geminiError(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.').error;
      const info = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterS}s` };
      return jsonAnswer(429, { error: retryAfterS === undefined ? error : { ...error, details: [info] } });
    },
  internal: (): Behaviour => gemini(500, 'INTERNAL', 'An internal error has occurred.'),
  overloaded: (): Behaviour => gemini(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
};

function anthropic(status: number, type: string, message: string, headers: Headers = {}): Behaviour {
  const body = { ...anthropicError(type, message), request_id: 'req_fake' };
  return () => jsonAnswer(status, body, { 'request-id': 'req_fake', ...headers });
}

function gemini(code: number, status: string, message: string, reason?: string): Behaviour {
  const { error } = geminiError(code, status, message);
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' };
  return () => jsonAnswer(code, { error: reason === undefined ? error : { ...error, details: [info] } });
}

function retryAfter(seconds: number | undefined): Headers {
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

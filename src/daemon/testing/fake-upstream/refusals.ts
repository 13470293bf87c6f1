import { errorBody, jsonAnswer, type UpstreamError } from './answer.ts';
import type { Behaviour } from './exchange.ts';
import { answerNormally } from './normal.ts';

type Headers = Readonly<Record<string, string>>;

/** Answers that say no in the words of the public API and its relatives. */
export const refusals = {
  /** Any status; a text body goes out as it is, anything else as JSON. */
  status(status: number, body: unknown = errorBody({ message: `status ${status}` }), headers: Headers = {}): Behaviour {
    if (typeof body !== 'string') return () => jsonAnswer(status, body, headers);
    return () => ({ status, headers: { 'content-type': 'text/plain', ...headers }, parts: [Buffer.from(body)] });
  },

  /** A transient limit; hints may come as header seconds, header milliseconds or not at all. */
  rateLimited(hint: { readonly retryAfter?: string | number; readonly retryAfterMs?: number } = {}): Behaviour {
    const headers = {
      ...(hint.retryAfter === undefined ? {} : { 'retry-after': String(hint.retryAfter) }),
      ...(hint.retryAfterMs === undefined ? {} : { 'retry-after-ms': String(hint.retryAfterMs) }),
    };
    return refuse(
      429,
      { message: 'Rate limit reached for requests', type: 'requests', code: 'rate_limit_exceeded' },
      headers,
    );
  },

  /** A ChatGPT account's window is used up until `resetsAt` (unix seconds), if that is said. */
  usageLimitReached(resetsAt?: number, inSeconds?: number): Behaviour {
    const extra = {
      plan_type: 'plus',
      ...(resetsAt === undefined ? {} : { resets_at: resetsAt }),
      ...(inSeconds === undefined ? {} : { resets_in_seconds: inSeconds }),
    };
    const message = 'The usage limit has been reached';
    return () => jsonAnswer(429, { error: { type: 'usage_limit_reached', message, ...extra } });
  },

  insufficientQuota(): Behaviour {
    const message = 'You exceeded your current quota, please check your plan and billing details.';
    return refuse(429, { message, type: 'insufficient_quota', code: 'insufficient_quota' });
  },

  invalidApiKey(): Behaviour {
    return refuse(401, { message: 'Incorrect API key provided.', code: 'invalid_api_key' });
  },

  modelNotFound(model = 'the-model'): Behaviour {
    return refuse(404, { message: `The model \`${model}\` does not exist`, param: 'model', code: 'model_not_found' });
  },

  contextLengthExceeded(): Behaviour {
    const message = "This model's maximum context length is 128 tokens.";
    return refuse(400, { message, param: 'messages', code: 'context_length_exceeded' });
  },

  overloaded(): Behaviour {
    const message = 'The server is overloaded, please try again later.';
    return refuse(503, { message, type: 'service_unavailable_error', code: 'server_is_overloaded' });
  },

  /** A provider that does not know stream_options, and answers normally without them. */
  refusesStreamOptions(normally: Behaviour = answerNormally()): Behaviour {
    const error = { message: 'Unknown parameter: stream_options', param: 'stream_options', code: 'unknown_parameter' };
    const refusal = refuse(400, error);
    return (exchange) => ('stream_options' in exchange.request.json ? refusal : normally)(exchange);
  },

  /** What a firewall in front of a provider says to clients it does not like. */
  htmlBlockPage(status = 403): Behaviour {
    const page = '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Blocked</body></html>';
    const headers = { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare', 'cf-ray': '8fake' };
    return refusals.status(status, page, headers);
  },

  redirect(location: string, status = 302): Behaviour {
    return () => ({ status, headers: { location }, parts: [Buffer.alloc(0)] });
  },
};

function refuse(status: number, error: UpstreamError, headers: Headers = {}): Behaviour {
  return () => jsonAnswer(status, errorBody(error), headers);
}

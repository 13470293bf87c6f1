import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLASS_POLICIES, classify, ERROR_CLASSES, type ErrorClass, type UpstreamError } from './upstream-error.ts';

type Answer = Extract<UpstreamError, { kind: 'answer' }>;

function answer(status: number, parts: Partial<Answer> = {}): Answer {
  const silent = { contentType: 'application/json', code: '', message: '', retryAfterMs: null, bodyResetMs: null };
  return { kind: 'answer', status, ...silent, ...parts };
}

const html = { contentType: 'text/html; charset=utf-8', message: '<title>Attention required</title>' };

describe('classify', () => {
  test.each<[string, UpstreamError, ErrorClass]>([
    // Codes decide before statuses.
    [
      'a request that never fits',
      answer(429, {
        code: 'rate_limit_exceeded',
        message: 'Request too large for gpt-x: Limit 30000, Requested 45000.',
      }),
      'request',
    ],
    ['an exhausted plan', answer(429, { code: 'usage_limit_reached' }), 'usage_limit'],
    ['an exhausted quota on 429', answer(429, { code: 'insufficient_quota' }), 'billing'],
    ['a billing limit on 400', answer(400, { code: 'billing_hard_limit_reached' }), 'billing'],
    ['a plan without the product', answer(403, { code: 'usage_not_included' }), 'model_missing'],
    ['a transient rate limit', answer(429, { code: 'rate_limit_exceeded' }), 'rate_limit'],
    ['Anthropic’s rate limit', answer(429, { code: 'rate_limit_error' }), 'rate_limit'],
    ['an overloaded server', answer(503, { code: 'server_is_overloaded' }), 'overloaded'],
    ['slow down', answer(503, { code: 'slow_down' }), 'overloaded'],
    ['Anthropic’s overload', answer(529, { code: 'overloaded_error' }), 'overloaded'],
    ['an overload on a strange status', answer(400, { code: 'engine_overloaded' }), 'overloaded'],
    ['too long a context', answer(400, { code: 'context_length_exceeded' }), 'context_length'],
    ['a model that is not there', answer(404, { code: 'model_not_found' }), 'model_missing'],
    ['a model that is not there, on 400', answer(400, { code: 'invalid_model' }), 'model_missing'],
    // Words decide where there is no code.
    ['a model at capacity', answer(429, { message: 'Selected model is at capacity. Please try another.' }), 'capacity'],
    ['capacity on 400', answer(400, { message: 'Selected model is at capacity.' }), 'capacity'],
    [
      'a model the account may not use',
      answer(400, { message: "The 'gpt-5' model is not supported when using X" }),
      'model_missing',
    ],
    ['a model that does not exist', answer(400, { message: 'The model `x` does not exist' }), 'model_missing'],
    ['an unquoted name', answer(400, { message: 'model gpt-x not found' }), 'model_missing'],
    // Statuses decide the rest.
    ['400', answer(400, { code: 'invalid_request_error', message: 'no' }), 'request'],
    ['401', answer(401, { code: 'token_expired' }), 'auth'],
    ['402', answer(402), 'billing'],
    ['403', answer(403, { message: 'account deactivated' }), 'auth'],
    ['403 of a gate in front of the provider', answer(403, html), 'blocked'],
    ['404 of a path', answer(404, { message: 'Not Found' }), 'request'],
    ['404 of a model', answer(404, { message: 'The model `x` is unknown' }), 'model_missing'],
    ['408', answer(408), 'timeout'],
    ['413', answer(413), 'request'],
    ['422', answer(422), 'request'],
    ['429', answer(429), 'rate_limit'],
    ['500', answer(500), 'server'],
    ['502 with a page', answer(502, html), 'server'],
    ['503', answer(503), 'overloaded'],
    ['504', answer(504), 'server'],
    ['520', answer(520), 'server'],
    ['529', answer(529), 'overloaded'],
    ['301', answer(301), 'redirect'],
    ['no connection', { kind: 'network', code: 'ECONNREFUSED', timedOut: false }, 'network'],
    ['no answer in time', { kind: 'network', code: 'timeout', timedOut: true }, 'timeout'],
    ['no JSON', { kind: 'malformed', detail: 'html' }, 'malformed'],
  ])('%s', (_, error, expected) => {
    expect(classify(error)).toBe(expected);
  });

  test.each([
    "Invalid value: 'the model is not supported'.",
    'Invalid value: "model is at capacity". Supported values are: "auto".',
    'Unknown name `model x does not exist` in the tools.',
    "Unsupported parameter: 'max_tokens' is not supported with this model.",
    "Model gpt-x: the tool 'web_search' is not supported",
  ])('a refused request rests no model, whatever it says: %s', (message) => {
    expect(classify(answer(400, { message }))).toBe('request');
  });

  test('every answer has a class, and the same one every time', () => {
    const code = fc.oneof(fc.constantFrom('usage_limit_reached', 'rate_limit_exceeded', 'slow_down', ''), fc.string());
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), code, fc.string(), (status, given, message) => {
        const error = answer(status, { code: given, message });
        expect(ERROR_CLASSES).toContain(classify(error));
        expect(classify(error)).toBe(classify({ ...error }));
      }),
    );
  });
});

test('what is the request’s own fault rests nothing and is not retried; all else is retried', () => {
  const final = ERROR_CLASSES.filter((errorClass) => !CLASS_POLICIES[errorClass].retry);
  expect(final).toEqual(['request', 'context_length']);
  for (const errorClass of final) expect(CLASS_POLICIES[errorClass].scope).toBeNull();
  const lasting = ERROR_CLASSES.filter(
    (errorClass) => CLASS_POLICIES[errorClass].scope !== null && !CLASS_POLICIES[errorClass].transient,
  );
  expect(lasting).toEqual(['model_missing', 'auth', 'billing', 'usage_limit']);
  // What one wire has no words for says nothing about its upstream, and another may have them.
  expect(CLASS_POLICIES.inexpressible).toEqual({ retry: true, scope: null, transient: false });
});

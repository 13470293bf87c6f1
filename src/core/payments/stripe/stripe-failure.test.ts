import { describe, expect, test } from 'vitest';
import { askStripe, isUncertain, sayStripeError } from './stripe-failure.ts';
import { channelAt } from './testing/stripe-scene.ts';

const thrown = (facts: object) => Object.assign(new Error('x'), facts);

describe('what Stripe says when it refuses', () => {
  test('is repeated without parts of keys', () => {
    const error = thrown({
      statusCode: 400,
      message: 'No such key: sk_live_****abcd, whsec_canary and rk_test_canary',
    });
    expect(sayStripeError(error)).toBe('Stripe answered 400: No such key: [redacted], [redacted] and [redacted]');
  });

  test('about the key itself is said in our words', () => {
    const error = thrown({ statusCode: 401, message: 'Invalid API Key provided: sk_live_****abcd' });
    expect(sayStripeError(error)).not.toContain('abcd');
  });

  test('is a failure of the provider and holds nothing of what was sent', async () => {
    const error = thrown({ statusCode: 400, message: 'no', raw: { canary: true } });
    const failure = await askStripe(channelAt('http://x.example'), () => Promise.reject(error)).catch(
      (caught) => caught,
    );
    expect(failure).toMatchObject({
      code: 'upstream_failed',
      message: 'payment channel intl: Stripe answered 400: no',
    });
    expect(failure.cause).toBeUndefined();
  });
});

describe('whether Stripe may have done it all the same', () => {
  test.each([
    [{}, true],
    [{ code: 'ECONNREFUSED' }, true],
    [{ detail: { code: 'ETIMEDOUT' } }, true],
    [{ detail: { cause: { code: 'ADDRESS_DENIED' } } }, false],
    [{ statusCode: 500 }, true],
    [{ statusCode: 503 }, true],
    [{ statusCode: 409 }, true],
    [{ statusCode: 400, rawType: 'idempotency_error' }, true],
    [{ statusCode: 400 }, false],
    [{ statusCode: 401 }, false],
    [{ statusCode: 402 }, false],
    [{ statusCode: 429 }, false],
    [{ statusCode: 200 }, true],
  ])('%j: %s', (facts, isDoubtful) => {
    expect(isUncertain(thrown(facts))).toBe(isDoubtful);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromStripeAmount, STRIPE_CURRENCIES, toStripeAmount } from './stripe-amount.ts';

describe('amounts to Stripe', () => {
  test.each([
    [2_000, 'USD', 2_000],
    [500, 'JPY', 500],
    [5, 'ISK', 500],
    [5_000, 'UGX', 500_000],
    [5_120, 'KWD', 5_120],
    [1_045, 'HUF', 1_045],
    [1_045, 'TWD', 1_045],
  ])('%d %s is sent as %d', (amountMinor, currency, amount) => {
    expect(toStripeAmount(amountMinor, currency)).toEqual({ amount, currency: currency.toLowerCase() });
  });

  test.each([
    [5_124, 'KWD'],
    [5_001, 'BHD'],
    [0, 'USD'],
    [-5, 'USD'],
    [1.5, 'USD'],
    [Number.NaN, 'USD'],
    [100_000_000, 'USD'],
    [1_000_000, 'UGX'],
    [2_000, 'MGA'],
    [2_000, 'usd'],
    [2_000, 'XYZ'],
  ])('%d %s is refused', (amountMinor, currency) => {
    expect(() => toStripeAmount(amountMinor, currency)).toThrow();
  });
});

describe('amounts from Stripe', () => {
  test('what is sent comes back as it was', () => {
    fc.assert(
      fc.property(fc.constantFrom(...STRIPE_CURRENCIES), fc.integer({ min: 1, max: 999_999 }), (currency, whole) => {
        const amountMinor = whole * 10;
        fc.pre(amountMinor <= 999_999);
        const { amount, currency: code } = toStripeAmount(amountMinor, currency);
        expect(fromStripeAmount(amount, code)).toEqual({ amountMinor, currency });
      }),
    );
  });

  test.each([
    [550, 'isk'],
    [-1, 'usd'],
    [1.5, 'usd'],
    ['2000', 'usd'],
    [2_000, ''],
    [2_000, null],
    [null, 'usd'],
  ])('%j %j is no amount', (amount, currency) => {
    expect(fromStripeAmount(amount, currency)).toBeNull();
  });

  test('a currency that is not taken is read, so that it can be compared', () => {
    expect(fromStripeAmount(7, 'xyz')).toEqual({ amountMinor: 7, currency: 'XYZ' });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reversalTotals } from './reversal-totals.ts';

const refund = (amount: number, status: string) => ({ amount, currency: 'usd', status });
const dispute = refund;

describe('reversal totals', () => {
  test.each([
    ['succeeded', 500],
    ['pending', 500],
    ['requires_action', 500],
    ['of_tomorrow', 500],
    ['failed', 0],
    ['canceled', 0],
  ])('a refund that is %s counts %d', (status, refundedMinor) => {
    expect(reversalTotals([refund(500, status)], [])).toEqual({
      refundedMinor,
      disputedMinor: 0,
      disputeState: 'none',
    });
  });

  test.each([
    ['needs_response', 500, 'open'],
    ['under_review', 500, 'open'],
    ['appeal_needs_response', 500, 'open'],
    ['appeal_under_review', 500, 'open'],
    ['of_tomorrow', 500, 'open'],
    ['lost', 500, 'lost'],
    ['won', 0, 'won'],
    ['prevented', 0, 'won'],
    ['warning_needs_response', 0, 'open'],
    ['warning_under_review', 0, 'open'],
    ['warning_closed', 0, 'won'],
  ])('a dispute that is %s holds %d and is %s', (status, disputedMinor, disputeState) => {
    expect(reversalTotals([], [dispute(500, status)])).toEqual({ refundedMinor: 0, disputedMinor, disputeState });
  });

  test('of several disputes the open one matters, then the lost one', () => {
    expect(reversalTotals([], [dispute(1, 'won'), dispute(2, 'lost'), dispute(4, 'under_review')])).toMatchObject({
      disputedMinor: 6,
      disputeState: 'open',
    });
    expect(reversalTotals([], [dispute(1, 'won'), dispute(2, 'lost')])?.disputeState).toBe('lost');
  });

  test('an amount that cannot be read gives no total at all', () => {
    expect(reversalTotals([refund(500, 'succeeded'), { status: 'succeeded' }], [])).toBeNull();
    expect(reversalTotals([], [{ amount: 5.5, currency: 'usd', status: 'lost' }])).toBeNull();
  });

  test('do not depend on the order of what is listed', () => {
    const items = fc.array(
      fc.record({
        amount: fc.integer({ min: 1, max: 9_999 }),
        currency: fc.constant('usd'),
        status: fc.constantFrom('succeeded', 'failed', 'lost', 'won', 'needs_response', 'warning_closed', 'x'),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(items, items, (refunds, disputes) => {
        expect(reversalTotals(refunds.toReversed(), disputes.toReversed())).toEqual(reversalTotals(refunds, disputes));
      }),
    );
  });
});

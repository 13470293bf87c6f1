import { describe, expect, test } from 'vitest';
import { readInvoice } from './invoice.ts';

const line = (start: number, end: number, proration = false) => ({
  period: { start, end },
  parent: { type: 'subscription_item_details', subscription_item_details: { proration } },
});
const oldLine = (start: number, end: number, proration = false) => ({
  type: 'subscription',
  proration,
  period: { start, end },
});

describe('reading an invoice', () => {
  test.each([
    ['of today', line],
    ['of before', oldLine],
  ])('the period is that of the subscription itself, without prorations (%s)', (_name, make) => {
    const lines = { data: [make(10, 99, true), make(20, 30), make(0, 5), { period: { start: 1, end: 500 } }] };
    expect(readInvoice({ lines }).period).toEqual({ start: 20_000, end: 30_000 });
  });

  test.each([[[]], [[line(30, 30)]], [[line(30, 20)]], [[{ type: 'subscription', period: { start: '1', end: 5 } }]]])(
    'lines %j have no period',
    (data) => {
      expect(readInvoice({ lines: { data } }).period).toBeNull();
    },
  );

  test('of several payments the paid default one counts', () => {
    const payment = (ref: string, status: string, isDefault: boolean) => ({
      status,
      is_default: isDefault,
      payment: { type: 'payment_intent', payment_intent: ref },
    });
    const data = [
      payment('pi_open', 'open', true),
      payment('pi_other', 'paid', false),
      payment('pi_main', 'paid', true),
    ];
    expect(readInvoice({ payments: { data } }).paymentRef).toBe('pi_main');
    expect(readInvoice({ payments: { data: data.slice(0, 2) } }).paymentRef).toBe('pi_other');
    expect(readInvoice({ payments: { data: data.slice(0, 1) } }).paymentRef).toBeNull();
  });

  test('expanded objects stand for their ids', () => {
    const reading = readInvoice({ subscription: { id: 'sub_1' }, payment_intent: { id: 'pi_1' } });
    expect(reading).toMatchObject({ subscriptionRef: 'sub_1', paymentRef: 'pi_1' });
  });

  test('empty metadata is known to be empty, absent metadata is not known', () => {
    const parent = (metadata: unknown) => ({ parent: { subscription_details: { metadata } } });
    expect(readInvoice(parent({})).metadata).toEqual({});
    expect(readInvoice(parent(null)).metadata).toBeNull();
    expect(readInvoice({ subscription_details: { metadata: { a: 'b' } } }).metadata).toEqual({ a: 'b' });
  });

  test('anything at all is read without a fault', () => {
    for (const odd of [{}, { lines: null }, { lines: { data: 'x' } }, { payments: [] }, { parent: 7 }]) {
      expect(readInvoice(odd)).toMatchObject({ isPaid: false, subscriptionRef: null, period: null });
    }
  });
});

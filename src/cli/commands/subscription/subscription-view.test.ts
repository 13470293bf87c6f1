import { expect, test } from 'vitest';
import { SUBSCRIPTION_COLUMNS, showOne } from './subscription-view.ts';

type Detail = Parameters<typeof showOne>[0];
type Window = Detail['windows'][number];

const window = (span: Window['span'], left: string, more: Partial<Window> = {}): Window => ({
  span,
  limit_usd: '5',
  used_usd: '1.25',
  held_usd: '0',
  left_usd: left,
  used_usd_micros: 1_250_000,
  left_usd_micros: Number(left) * 1_000_000,
  started_at: '2026-11-20T10:00:00.000Z',
  resets_at: '2026-11-20T15:00:00.000Z',
  ...more,
});

const SUBSCRIPTION: Detail = {
  id: 'sub_1',
  user_id: 'usr_1',
  user: 'alice',
  plan: 'pro',
  plan_version: 2,
  state: 'active',
  starts_at: '2026-11-01T00:00:00.000Z',
  ends_at: '2026-12-01T00:00:00.000Z',
  renews: true,
  cancel_reason: null,
  source: 'order:ord_1',
  windows: [window('5h', '3.5', { held_usd: '0.25' }), window('7d', '0.75', { started_at: null, resets_at: null })],
  created_at: '2026-11-01T00:00:00.000Z',
  grants: [
    {
      source: 'order:ord_1',
      starts_at: '2026-11-01T00:00:00.000Z',
      ends_at: '2026-12-01T00:00:00.000Z',
      revoked_at: '2026-11-02T00:00:00.000Z',
      at: '2026-11-01T00:00:00.000Z',
    },
  ],
};

function fieldsOf(subscription: Detail): Record<string, unknown> {
  const { view } = showOne(subscription);
  return view.kind === 'fields' ? Object.fromEntries(view.fields) : {};
}

test('one subscription tells what it is, what is left of it and when that resets', () => {
  expect(fieldsOf(SUBSCRIPTION)).toMatchObject({
    user: 'alice (usr_1)',
    plan: 'pro, version 2',
    state: { text: 'active', tone: 'good' },
    ends: '2026-12-01 00:00:00, then the provider renews it',
    'within 5h': '$3.5 left of $5 ($1.25 used, $0.25 held); resets 2026-11-20 15:00:00',
    'within 7d': '$0.75 left of $5 ($1.25 used); opens with the next use',
    'given by': 'order:ord_1: 2026-11-01 00:00:00 to 2026-12-01 00:00:00, taken back 2026-11-02 00:00:00',
  });
  expect(fieldsOf({ ...SUBSCRIPTION, windows: [], renews: false, cancel_reason: 'asked for it' })).toMatchObject({
    ends: '2026-12-01 00:00:00',
    left: 'unlimited',
    'canceled because': 'asked for it',
  });
});

test('a list shows of each the window that will refuse first', () => {
  const cells = (subscription: Detail) =>
    Object.fromEntries(SUBSCRIPTION_COLUMNS.map(({ title, cell }) => [title, cell(subscription)]));
  expect(cells(SUBSCRIPTION)).toMatchObject({ USER: 'alice', LEFT: '$0.75 of $5', WITHIN: '7d', RESETS: '-' });
  expect(cells({ ...SUBSCRIPTION, windows: [], user: null })).toMatchObject({ USER: 'usr_1', LEFT: '-', WITHIN: '-' });
});

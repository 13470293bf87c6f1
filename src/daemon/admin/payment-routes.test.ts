import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAdminToken } from '../../core/identity/index.ts';
import { type Cashier, createTopupOrder } from '../../core/payments/index.ts';
import { cashierOf } from './admin-cashier.ts';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

let admin: AdminHarness;
let cashier: Cashier;
let alice: string;

beforeEach(async () => {
  admin = await adminHarness();
  cashier = cashierOf(admin.deps);
  await admin.call('PUT', '/admin/features/self-mode', { body: { enabled: false } });
  alice = (await admin.call('POST', '/admin/users', { body: { name: 'alice' } })).json.id;
});
afterEach(async () => {
  expect(admin.said.filter((line) => line.includes('canary-secret'))).toEqual([]);
  await admin.close();
});

const EPAY = {
  name: 'cn',
  provider: 'epay',
  settings: { gateway: 'http://127.0.0.1:18090/', pid: '1001' },
  secrets: { key: 'canary-secret-1' },
  allow_private: true,
};
const STRIPE = {
  name: 'intl',
  provider: 'stripe',
  settings: { api_base: 'http://127.0.0.1:18091' },
  secrets: { secret_key: 'sk_test_canary-secret', webhook_secret: ['whsec_canary-secret-1', 'whsec_canary-secret-2'] },
  allow_private: true,
};

const addChannel = async (body: object) => await admin.call('POST', '/admin/payment-channels', { body });
async function expectAudited(entry: object): Promise<void> {
  const entries: object[] = (await admin.call('GET', '/admin/audit')).json.items;
  // All of them at one instant, so in any order.
  expect(entries.filter((each) => matches(each, entry))).toHaveLength(1);
}

function matches(value: object, wanted: object): boolean {
  try {
    expect(value).toMatchObject(wanted);
    return true;
  } catch {
    return false;
  }
}

async function order(channel = 'bank') {
  const request = { userId: alice as never, amount: '20.00', currency: 'USD', channel };
  return await createTopupOrder(cashier, request);
}

describe('payment channels', () => {
  test('are added with their secrets, which nobody sees again', async () => {
    const created = await addChannel(EPAY);
    expect([created.status, created.json]).toEqual([
      201,
      {
        id: expect.stringMatching(/^chan_/),
        name: 'cn',
        provider: 'epay',
        enabled: true,
        livemode: true,
        allow_private: true,
        settings: expect.objectContaining({ pid: '1001' }),
        secrets: ['key'],
        managed_by: 'operator',
        callback_path: '/api/pay/epay/notify/cn',
        created_at: '2026-01-01T00:00:00.000Z',
      },
    ]);
    const stripe = await addChannel(STRIPE);
    expect(stripe.json).toMatchObject({ enabled: true, livemode: false, secrets: ['secret_key', 'webhook_secret'] });
    const list = (await admin.call('GET', '/admin/payment-channels')).json;
    expect(list.items.map((channel: { name: string }) => channel.name)).toEqual(['cn', 'intl']);
    await expectAudited({
      action: 'payment_channel.create',
      after: { name: 'intl', set: ['secret_key', 'webhook_secret'] },
    });
    expect(JSON.stringify(await admin.database.knex('audit_events'))).not.toContain('canary-secret');
  });

  test('are not enabled without a secret, nor with an empty one', async () => {
    expect((await addChannel({ ...EPAY, secrets: {} })).json).toMatchObject({ enabled: false, secrets: [] });
    const enable = async () => await admin.call('PATCH', '/admin/payment-channels/cn', { body: { enabled: true } });
    expect((await enable()).status).toBe(422);
    for (const key of ['', '  ', '\n']) {
      const edit = await admin.call('PATCH', '/admin/payment-channels/cn', { body: { secrets: { key } } });
      expect([edit.status, edit.json.errors]).toEqual([422, [{ path: 'key', message: 'the secret key is empty' }]]);
    }
    const edit = { secrets: { key: 'canary-secret-2' } };
    expect((await admin.call('PATCH', '/admin/payment-channels/cn', { body: edit })).json).toMatchObject({
      secrets: ['key'],
    });
    expect((await enable()).json).toMatchObject({ enabled: true });
    await expectAudited({ action: 'payment_channel.edit', after: { secrets_set: ['key'] } });
  });

  test('are for root alone, like everything that moves money by hand', async () => {
    await addChannel({ name: 'bank', provider: 'manual' });
    const { number } = await order();
    const { text } = await createAdminToken(admin.ctx, { name: 'ops', role: 'admin' });
    const tcp = await admin.listenTcp();
    const headers = { authorization: `Bearer ${text.reveal()}` };
    const refused = [
      ['GET', '/admin/payment-channels', undefined],
      ['POST', '/admin/payment-channels', EPAY],
      ['GET', '/admin/payment-channels/bank', undefined],
      ['PATCH', '/admin/payment-channels/bank', { enabled: false }],
      ['DELETE', '/admin/payment-channels/bank', undefined],
      ['POST', '/admin/payment-channels/bank/reset', undefined],
      ['POST', `/admin/orders/${number}/mark-paid`, { reference: 'x' }],
      ['POST', `/admin/orders/${number}/cancel`, undefined],
      ['POST', '/admin/payments/inbox/inb_1/replay', undefined],
      ['POST', '/admin/payments/refunds', { of: number, reason: 'x' }],
      ['POST', '/admin/payments/refunds/rfd_1/settle', { outcome: 'failed', reason: 'x' }],
      ['POST', '/admin/payments/reconcile/items/rec_1/explain', { note: 'x' }],
      ['PUT', '/admin/settings/billing.late_payment', { value: 'refund' }],
      ['PUT', '/admin/settings/payments.epay.pid', { value: '7' }],
    ] as const;
    for (const [method, path, body] of refused) {
      const answer = await tcp.call(method, path, { headers, ...(body && { body }) });
      expect([path, answer.status]).toEqual([path, 403]);
    }
    expect((await tcp.call('GET', `/admin/orders/${number}`, { headers })).status).toBe(200);
    expect((await admin.call('GET', `/admin/orders/${number}`)).json).toMatchObject({ state: 'pending' });
  });

  test('go only while nobody has ordered by them', async () => {
    await addChannel({ name: 'bank', provider: 'manual' });
    await addChannel(EPAY);
    await order();
    expect((await admin.call('DELETE', '/admin/payment-channels/cn')).status).toBe(204);
    expect((await admin.call('DELETE', '/admin/payment-channels/bank')).status).toBe(409);
    expect((await admin.call('POST', '/admin/payment-channels/bank/reset')).status).toBe(409);
  });
});

describe('orders', () => {
  beforeEach(async () => {
    await addChannel({ name: 'bank', provider: 'manual' });
  });

  test('are listed by what they are, and show everything that they went through', async () => {
    const { number, id } = await order();
    const listed = await admin.call('GET', '/admin/orders?state=pending&kind=topup&user=alice&channel=bank');
    expect(listed.json.items).toMatchObject([
      { id, number, user: 'alice', amount: '20.00', currency: 'USD', credit_usd: '20', channel: 'bank', plan: null },
    ]);
    expect((await admin.call('GET', '/admin/orders?state=expired')).json.items).toEqual([]);
    const headers = { 'realms-reason': 'seen in the bank' };
    const paid = await admin.call('POST', `/admin/orders/${number}/mark-paid`, {
      body: { reference: 'bank 4711' },
      headers,
    });
    expect(paid.json).toMatchObject({ state: 'fulfilled' });
    const story = (await admin.call('GET', `/admin/orders/${id}`)).json;
    expect(story.events.map(({ kind }: { kind: string }) => kind)).toEqual([
      'created',
      'marked_paid',
      'paid',
      'fulfilled',
    ]);
    expect(story).toMatchObject({
      events: [
        {},
        { actor: 'local:admin.sock', detail: { reference: 'bank 4711', reason: 'seen in the bank' } },
        {},
        {},
      ],
      payments: [{ state: 'succeeded', by_hand: true, credited_usd: '20', credited_to: `user:${alice}` }],
      transfers: [{ id: `order:${id}`, amount_usd: '20', credit_account: `user:${alice}` }],
      callbacks: [],
      refunds: [],
      differences: [],
    });
    await expectAudited({
      action: 'order.mark_paid',
      after: { state: 'fulfilled', reference: 'bank 4711' },
    });
    const again = await admin.call('POST', `/admin/orders/${number}/mark-paid`, { body: { reference: 'b' } });
    expect(again.status).toBe(409);
  });

  test('are canceled once', async () => {
    const { number } = await order();
    const headers = { 'realms-reason': 'a wish' };
    expect((await admin.call('POST', `/admin/orders/${number}/cancel`, { headers })).json).toMatchObject({
      state: 'canceled',
    });
    expect((await admin.call('POST', `/admin/orders/${number}/cancel`)).status).toBe(409);
    expect((await admin.call('GET', '/admin/orders/nope')).status).toBe(404);
    await expectAudited({ action: 'order.cancel' });
  });

  test('are given back', async () => {
    const { number } = await order();
    await admin.call('POST', `/admin/orders/${number}/mark-paid`, { body: { reference: 'bank 1' } });
    const half = await admin.call('POST', '/admin/payments/refunds', {
      body: { of: number, amount: '5.00', reason: 'half' },
    });
    expect([half.status, half.json]).toMatchObject([201, { state: 'succeeded', amount: '5.00', currency: 'USD' }]);
    expect((await admin.call('GET', '/admin/users/alice/balance')).json).toMatchObject({ balance_usd: '15' });
    expect((await admin.call('GET', `/admin/payments/refunds/${half.json.id}`)).json).toEqual(half.json);
    expect((await admin.call('GET', '/admin/payments/refunds?state=succeeded')).json.items).toHaveLength(1);
    const settle = await admin.call('POST', `/admin/payments/refunds/${half.json.id}/settle`, {
      body: { outcome: 'failed', reason: 'x' },
    });
    expect(settle.status).toBe(409);
    const over = await admin.call('POST', '/admin/payments/refunds', {
      body: { of: number, amount: '15.01', reason: 'x' },
    });
    expect(over.status).toBe(409);
    expect((await admin.call('GET', '/admin/ledger/verify')).json).toMatchObject({ ok: true });
  });
});

test('the comparison with the providers says what it looked at', async () => {
  await addChannel({ name: 'bank', provider: 'manual' });
  const report = await admin.call('POST', '/admin/payments/reconcile', { body: {} });
  expect(report.json).toEqual({ ok: true, channels: 1, asked: 0, listed: 0, found: 0, open: 0, items: [] });
  expect((await admin.call('GET', '/admin/payments/reconcile/items?state=open')).json.items).toEqual([]);
  expect(
    (await admin.call('POST', '/admin/payments/reconcile/items/rec_1/explain', { body: { note: 'x' } })).status,
  ).toBe(404);
  expect((await admin.call('GET', '/admin/payments/inbox')).json.items).toEqual([]);
  expect((await admin.call('GET', '/admin/payments/inbox/inb_1')).status).toBe(404);
});

test('nothing of it exists while billing is off', async () => {
  await admin.call('PUT', '/admin/features/self-mode', { body: { enabled: true } });
  for (const path of ['/admin/orders', '/admin/payment-channels', '/admin/payments/inbox', '/admin/payments/refunds']) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await admin.call(method, path, method === 'GET' ? {} : { body: {} });
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
  }
});

test('the keyring is rotated with the secrets of channels', async () => {
  await addChannel(EPAY);
  const rotated = await admin.call('POST', '/admin/keyring/rotate');
  expect(rotated.json).toMatchObject({ resealed: 1 });
  expect((await admin.call('GET', '/admin/payment-channels/cn')).json).toMatchObject({ secrets: ['key'] });
});

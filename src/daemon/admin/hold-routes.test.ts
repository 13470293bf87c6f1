import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RequestId, SubscriptionId, UserId } from '../../core/ids.ts';
import type { UsdMicros } from '../../core/money.ts';
import { epochMs } from '../../core/time.ts';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

let admin: AdminHarness;
let alice: UserId;
let bob: UserId;

beforeEach(async () => {
  admin = await adminHarness();
  expect((await admin.call('PUT', '/admin/features/self-mode', { body: { enabled: false } })).status).toBe(200);
  alice = (await admin.call('POST', '/admin/users', { body: { name: 'alice' } })).json.id;
  bob = (await admin.call('POST', '/admin/users', { body: { name: 'bob' } })).json.id;
  await admin.ctx.db('quota_daemons').insert({ id: 'dmn_1', folder: 'f', started_at: 0, expires_at: 30_000 });
  const lease = { daemon_id: 'dmn_1', spent_usd_micros: 250_000, created_at: 1_000 };
  await admin.ctx.db('quota_leases').insert([
    { ...lease, id: 'lease_1', user_id: alice, payer_kind: 'balance', payer_id: alice, granted_usd_micros: 2_000_000 },
    {
      ...lease,
      id: 'lease_2',
      user_id: bob,
      payer_kind: 'subscription',
      payer_id: 'sub_9',
      granted_usd_micros: 250_000,
    },
  ]);
  const since = epochMs(2_000);
  admin.holds = [
    {
      requestId: 'req_1' as RequestId,
      userId: alice,
      payer: { kind: 'subscription', id: 'sub_1' as SubscriptionId, planCode: 'pro' },
      heldUsdMicros: 1_500_000 as UsdMicros,
      since,
    },
    { requestId: 'req_2' as RequestId, userId: bob, payer: { kind: 'balance' }, heldUsdMicros: 1 as UsdMicros, since },
  ];
});
afterEach(async () => await admin.close());

test('what is held: by running requests, and by leases, with what is left of them', async () => {
  const { status, json } = await admin.call('GET', '/admin/holds');
  expect(status).toBe(200);
  expect(json.items).toEqual([
    {
      kind: 'request',
      id: 'req_1',
      user_id: alice,
      user: 'alice',
      payer: 'subscription',
      subscription_id: 'sub_1',
      plan: 'pro',
      held_usd: '1.5',
      held_usd_micros: 1_500_000,
      since: '1970-01-01T00:00:02.000Z',
      daemon_id: null,
      expires_at: null,
    },
    expect.objectContaining({ kind: 'request', id: 'req_2', payer: 'balance', subscription_id: null, plan: null }),
    {
      kind: 'lease',
      id: 'lease_1',
      user_id: alice,
      user: 'alice',
      payer: 'balance',
      subscription_id: null,
      plan: null,
      held_usd: '1.75',
      held_usd_micros: 1_750_000,
      since: '1970-01-01T00:00:01.000Z',
      daemon_id: 'dmn_1',
      expires_at: '1970-01-01T00:00:30.000Z',
    },
    expect.objectContaining({ kind: 'lease', id: 'lease_2', subscription_id: 'sub_9', held_usd: '0' }),
  ]);
  expect(admin.flushes).toBeGreaterThan(0);
});

test('of one user', async () => {
  const { json } = await admin.call('GET', '/admin/holds?user=bob');
  expect(json.items.map(({ id }: { id: string }) => id)).toEqual(['req_2', 'lease_2']);
  expect((await admin.call('GET', '/admin/holds?user=carol')).status).toBe(404);
});

test('is nowhere when billing is off', async () => {
  await admin.call('PUT', '/admin/features/self-mode', { body: { enabled: true } });
  expect((await admin.call('GET', '/admin/holds')).json).toMatchObject({ status: 404, code: 'feature_disabled' });
});

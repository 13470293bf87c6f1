import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAdminToken } from '../../core/identity/index.ts';
import type { UserId } from '../../core/ids.ts';
import { createPlan } from '../../core/plans/index.ts';
import { redeemCode } from '../../core/redemption/index.ts';
import { Secret } from '../../core/secret.ts';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

const BATCH = { name: 'Spring fair', count: 2, amount_usd: '5.00' };
let admin: AdminHarness;
let alice: UserId;

beforeEach(async () => {
  admin = await adminHarness();
  await admin.call('PUT', '/admin/features/self-mode', { body: { enabled: false } });
  alice = (await admin.call('POST', '/admin/users', { body: { name: 'alice' } })).json.id;
});
afterEach(async () => {
  await admin.close();
});

const create = async (changes: object = {}) =>
  await admin.call('POST', '/admin/redemption-codes', { body: { ...BATCH, ...changes } });
const patch = async (path: string, enabled: boolean) => {
  admin.ctx.clock.advance(1);
  return (await admin.call('PATCH', path, { body: { enabled } })).json;
};
const redeem = async (text: string) => (await redeemCode(admin.ctx, { userId: alice, text: new Secret(text) })).kind;

describe('redemption codes', () => {
  test('are shown once, work, and are never shown again', async () => {
    const created = await create();
    expect(created.status).toBe(201);
    expect(created.json.batch).toMatchObject({
      name: 'Spring fair',
      reward: 'balance',
      amount_usd: '5',
      plan: null,
      codes: 2,
      enabled_codes: 2,
      redemptions: 0,
      max_per_user: 1,
      expires_at: null,
      created_by: 'local:admin.sock',
    });
    const [first, second] = created.json.items;
    admin.said.length = 0;
    expect(await redeem(first.code)).toBe('redeemed');
    const shown = (await admin.call('GET', `/admin/redemption-codes/${first.id}`)).json;
    expect(shown).toMatchObject({
      id: first.id,
      hint: first.code.slice(-4),
      state: 'used_up',
      redeemed: 1,
      batch: 'Spring fair',
    });
    expect(shown.redemptions).toMatchObject([{ id: `redeem:${first.id}:${alice}:1`, user: 'alice' }]);
    expect((await admin.call('GET', `/admin/redemption-codes/${second.code.slice(-4)}`)).json.id).toBe(second.id);
    const list = (await admin.call('GET', '/admin/redemption-codes?batch=Spring%20fair')).json.items;
    expect(new Set(list.map((code: { state: string }) => code.state))).toEqual(new Set(['ready', 'used_up']));
    expect((await admin.call('GET', '/admin/redemption-batches')).json.items).toMatchObject([{ redemptions: 1 }]);
    await admin.call('GET', '/admin/audit');
    for (const { code } of created.json.items) {
      for (const text of [code, code.replaceAll('-', ''), code.slice(0, 11)]) {
        expect(admin.said.join('\n')).not.toContain(text);
      }
    }
  });

  test('give a plan as it is sold when they are made', async () => {
    await createPlan(admin.ctx, { code: 'pro', priceMinor: 2_000, currency: 'USD' });
    const created = await create({ amount_usd: undefined, plan: 'pro', max_redemptions: null, max_per_user: 3 });
    expect(created.json.batch).toMatchObject({
      reward: 'subscription',
      amount_usd: null,
      plan: 'pro',
      plan_version: 1,
    });
    const [code] = (await admin.call('GET', '/admin/redemption-codes')).json.items;
    expect(code).toMatchObject({ max_redemptions: null, max_per_user: 3, plan: 'pro', state: 'ready' });
    expect((await create({ amount_usd: undefined, plan: 'nope' })).status).toBe(404);
  });

  test('are disabled and enabled, alone and as a batch', async () => {
    const { items, batch } = (await create({ max_per_user: 2 })).json;
    const path = `/admin/redemption-codes/${items[0].id}`;
    expect((await patch(path, false)).state).toBe('disabled');
    expect(await redeem(items[0].code)).toBe('refused');
    const whole = `/admin/redemption-batches/${batch.id}`;
    expect((await patch(whole, false)).enabled_codes).toBe(0);
    expect(await redeem(items[1].code)).toBe('refused');
    expect((await patch(whole, true)).enabled_codes).toBe(2);
    expect(await redeem(items[0].code)).toBe('redeemed');
    const actions = (await admin.call('GET', '/admin/audit')).json.items.map(
      (entry: { action: string }) => entry.action,
    );
    expect(actions.slice(0, 3)).toEqual(['redemption.edit_batch', 'redemption.edit_batch', 'redemption.edit']);
    expect(actions).toContain('redemption.create');
  });

  test('cannot be made without a sound reward, count, limit and end', async () => {
    const faults = [
      { amount_usd: undefined },
      { plan: 'pro' },
      { amount_usd: '0' },
      { amount_usd: '-1' },
      { count: 0 },
      { count: 10_001 },
      { max_redemptions: 0 },
      { max_per_user: 1.5 },
      { expires_at: '2020-01-01T00:00:00Z' },
      { name: '' },
    ];
    for (const changes of faults) expect([changes, (await create(changes)).status]).toEqual([changes, 422]);
    expect((await admin.call('GET', '/admin/redemption-batches')).json.items).toEqual([]);
  });

  test('are made by root, switched by admins, seen by operators', async () => {
    const tcp = await admin.listenTcp();
    const { items } = (await create()).json;
    const seen: number[][] = [];
    for (const role of ['operator', 'admin', 'root'] as const) {
      const { text } = await createAdminToken(admin.ctx, { name: role, role });
      const headers = { authorization: `Bearer ${text.reveal()}` };
      const path = `/admin/redemption-codes/${items[0].id}`;
      const calls = [
        await tcp.call('GET', '/admin/redemption-codes', { headers }),
        await tcp.call('PATCH', path, { headers, body: { enabled: false } }),
        await tcp.call('POST', '/admin/redemption-codes', { headers, body: BATCH }),
      ];
      seen.push(calls.map(({ status }) => status));
    }
    expect(seen).toEqual([
      [200, 403, 403],
      [200, 200, 403],
      [200, 200, 201],
    ]);
  });

  test('the text of a code in place of its id is not repeated', async () => {
    const { code } = (await create()).json.items[0];
    admin.said.length = 0;
    expect((await admin.call('GET', `/admin/redemption-codes/${code}`)).status).toBe(422);
    expect(admin.said.join('\n')).not.toContain(code);
  });
});

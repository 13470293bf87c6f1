import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CHARGE_TABLE, chargeRow } from '../../core/subscriptions/index.ts';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

let admin: AdminHarness;
beforeEach(async () => {
  admin = await adminHarness();
  await admin.call('PUT', '/admin/features/self-mode', { body: { enabled: false } });
  await admin.call('PUT', '/admin/features/billing', { body: { enabled: true } });
  await admin.call('POST', '/admin/users', { body: { name: 'alice' } });
});
afterEach(async () => {
  await admin.close();
});

const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  admin.call('POST', path, { body, headers });
const get = async (path: string) => (await admin.call('GET', path)).json;
const PRO = { code: 'pro', price: '20.00', currency: 'CNY' };

/** What the audit log has under an action. */
async function audited(action: string): Promise<unknown[]> {
  const { items } = await get('/admin/audit?limit=50');
  return items.filter((entry: { action: string }) => entry.action === action);
}

describe('plans', () => {
  test('are created, shown, listed, changed and archived', async () => {
    const terms = {
      name: 'Pro, a month',
      duration: { count: 1, unit: 'month' },
      limit_5h_usd: '1.5',
      limit_30d_usd: '40',
      multiplier: '0.8',
      models: ['gpt-*'],
      rpm: 60,
      overage: false,
      on_repurchase: 'queue',
    };
    const created = await post('/admin/plans', { ...PRO, ...terms });
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({ ...PRO, ...terms, price_minor: 2_000, state: 'active', version: 1 });
    expect(created.json).toMatchObject({ limit_1d_usd: null, tpm: null, groups: [], renews: false });
    expect(await get('/admin/plans/pro')).toEqual(created.json);
    expect((await get('/admin/plans?state=active')).items).toEqual([created.json]);

    const edited = await admin.call('PATCH', '/admin/plans/pro', { body: { price: '25', limit_5h_usd: null } });
    expect(edited.json).toMatchObject({ version: 2, price: '25.00', currency: 'CNY', limit_5h_usd: null, rpm: 60 });
    expect(edited.json.version_id).not.toBe(created.json.version_id);
    const versions = (await get('/admin/plans/pro/versions')).items;
    expect(versions.map((one: { version: number; price: string }) => [one.version, one.price])).toEqual([
      [2, '25.00'],
      [1, '20.00'],
    ]);
    const changed = { version: 2, price: '25.00', price_minor: 2_500, limit_5h_usd: null };
    expect(await audited('plan.edit')).toMatchObject([{ object: 'pro', after: changed }]);
    expect(await audited('plan.create')).toMatchObject([{ object: 'pro', after: { price: '20.00' } }]);

    expect((await post('/admin/plans/pro/archive')).json.state).toBe('archived');
    expect((await get('/admin/plans?state=active')).items).toEqual([]);
    expect((await admin.call('PATCH', '/admin/plans/pro', { body: { price: '1' } })).status).toBe(409);
  });

  test('are refused where they say something that nobody can mean', async () => {
    const bodies = [
      { code: 'pro' },
      { ...PRO, price: '20.001' },
      { ...PRO, currency: 'XXX' },
      { ...PRO, price: '-1' },
      { ...PRO, duration: { count: 0, unit: 'month' } },
      { ...PRO, limit_5h_usd: '0' },
      { ...PRO, multiplier: '-1' },
      { ...PRO, rpm: 0 },
      { ...PRO, colour: 'red' },
    ];
    const answers = await Promise.all(bodies.map((body) => post('/admin/plans', body)));
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 422));
    expect((await post('/admin/plans', { ...PRO, groups: ['nowhere'] })).status).toBe(404);
    await post('/admin/plans', PRO);
    expect((await post('/admin/plans', PRO)).status).toBe(409);
    const edit = await admin.call('PATCH', '/admin/plans/pro', { body: { currency: 'USD' } });
    expect([edit.status, edit.json.detail]).toEqual([422, 'another currency needs a price in it']);
  });

  test('follow their groups, and keep them from being removed', async () => {
    await post('/admin/groups', { name: 'cheap' });
    await post('/admin/plans', { ...PRO, groups: ['cheap'] });
    await post('/admin/subscriptions', { user: 'alice', plan: 'pro' });
    expect((await admin.call('DELETE', '/admin/groups/cheap')).status).toBe(409);
    await admin.call('PATCH', '/admin/groups/cheap', { body: { name: 'budget' } });
    expect((await get('/admin/plans/pro')).groups).toEqual(['budget']);
    const [alice] = admin.live.state.subscriptions.userIds;
    expect(admin.live.state.subscriptions.of(alice as never)[0]?.version.groups).toEqual(['budget']);
    await post('/admin/plans/pro/archive');
    expect((await admin.call('DELETE', '/admin/groups/budget')).status).toBe(204);
  });
});

describe('subscriptions', () => {
  async function grantPro(terms: object = {}) {
    await post('/admin/plans', { ...PRO, limit_5h_usd: '1', limit_7d_usd: '10', ...terms });
    return (await post('/admin/subscriptions', { user: 'alice', plan: 'pro' })).json;
  }

  test('are granted, seen by the relay at once, and show what is left and when it resets', async () => {
    const granted = await grantPro();
    expect(granted).toMatchObject({ user: 'alice', plan: 'pro', plan_version: 1, state: 'active', repeated: false });
    expect([granted.starts_at, granted.ends_at]).toEqual(['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z']);
    expect(admin.live.state.subscriptions.of(granted.user_id)).toHaveLength(1);

    const at = admin.ctx.clock.now();
    const charge = { requestId: 'req_1', subscriptionId: granted.id, at, amountUsdMicros: 250_000 };
    await admin.database.writeBatch([{ ...CHARGE_TABLE, rows: [chargeRow(charge as never)] }]);
    admin.ctx.clock.advance(3_600_000);
    const shown = await get(`/admin/subscriptions/${granted.id}`);
    expect(shown.windows).toEqual([
      {
        span: '5h',
        limit_usd: '1',
        used_usd: '0.25',
        held_usd: '0',
        left_usd: '0.75',
        used_usd_micros: 250_000,
        left_usd_micros: 750_000,
        started_at: '2026-01-01T00:00:00.000Z',
        resets_at: '2026-01-01T05:00:00.000Z',
      },
      expect.objectContaining({ span: '7d', left_usd: '9.75', resets_at: '2026-01-08T00:00:00.000Z' }),
    ]);
    expect(shown.grants).toEqual([expect.objectContaining({ source: shown.source, revoked_at: null })]);
    const { grants: _grants, ...listed } = shown;
    expect((await get('/admin/subscriptions?user=alice&plan=pro&state=active')).items).toEqual([listed]);
    expect(admin.flushes).toBeGreaterThanOrEqual(2);
  });

  test('are granted once for each key', async () => {
    await post('/admin/plans', PRO);
    const body = { user: 'alice', plan: 'pro', idempotency_key: 'welcome-alice' };
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await post('/admin/subscriptions', body));
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200]);
    expect(new Set(answers.map(({ json }) => json.ends_at)).size).toBe(1);
    const more = await post('/admin/subscriptions', { user: 'alice', plan: 'pro' });
    expect(more.json).toMatchObject({ id: answers[0]?.json.id, ends_at: '2026-03-01T00:00:00.000Z' });
    expect(await audited('subscription.grant')).toMatchObject(Array(4).fill({ object: more.json.id }));
  });

  test('are not granted of an archived plan, nor to nobody', async () => {
    await post('/admin/plans', PRO);
    expect((await post('/admin/subscriptions', { user: 'bob', plan: 'pro' })).status).toBe(404);
    expect((await post('/admin/subscriptions', { user: 'alice', plan: 'max' })).status).toBe(404);
    await post('/admin/plans/pro/archive');
    expect((await post('/admin/subscriptions', { user: 'alice', plan: 'pro' })).status).toBe(409);
    expect((await get('/admin/subscriptions')).items).toEqual([]);
  });

  test('are canceled with a reason, at once or at their end', async () => {
    const { id, user_id } = await grantPro();
    expect((await post(`/admin/subscriptions/${id}/cancel`)).status).toBe(422);
    const reason = { 'realms-reason': 'asked for it' };
    const atEnd = await post(`/admin/subscriptions/${id}/cancel`, { at_end: true }, reason);
    expect(atEnd.json).toMatchObject({ state: 'active', cancel_reason: 'asked for it' });
    const canceled = await post(`/admin/subscriptions/${id}/cancel`, {}, reason);
    expect(canceled.json).toMatchObject({ state: 'canceled', cancel_reason: 'asked for it' });
    const entry = { object: id, reason: 'asked for it' };
    expect(await audited('subscription.cancel')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ...entry, before: { state: 'active' }, after: { state: 'canceled' } }),
        expect.objectContaining({ ...entry, before: { cancel_at_end: false }, after: { cancel_at_end: true } }),
      ]),
    );
    expect(admin.live.state.subscriptions.of(user_id)).toEqual([]);
  });

  test('are extended by days or to an instant', async () => {
    const { id } = await grantPro();
    const extend = (body: object) => post(`/admin/subscriptions/${id}/extend`, body);
    expect((await extend({ days: 2 })).json.ends_at).toBe('2026-02-03T00:00:00.000Z');
    const to = await extend({ ends_at: '2026-03-01T12:00:00+02:00' });
    expect(to.json.ends_at).toBe('2026-03-01T10:00:00.000Z');
    expect(to.json.grants).toHaveLength(3);
    const ends = (await audited('subscription.extend')).map(
      (entry) => (entry as { after: { ends_at: string } }).after.ends_at,
    );
    expect(new Set(ends)).toEqual(new Set(['2026-02-03T00:00:00.000Z', to.json.ends_at]));
    for (const body of [{}, { days: 1, ends_at: '2027-01-01T00:00:00Z' }, { ends_at: '2026-01-15T00:00:00Z' }]) {
      expect((await extend(body)).status).toBe(422);
    }
    admin.ctx.clock.advance(90 * 86_400_000);
    expect((await get(`/admin/subscriptions/${id}`)).state).toBe('expired');
    expect((await extend({ days: 1 })).json).toMatchObject({ state: 'active', ends_at: '2026-04-02T00:00:00.000Z' });
  });

  test('come in pages', async () => {
    await post('/admin/plans', { ...PRO, on_repurchase: 'stack' });
    const ids = [];
    for (let i = 0; i < 3; i++) {
      admin.ctx.clock.advance(1);
      ids.unshift((await post('/admin/subscriptions', { user: 'alice', plan: 'pro' })).json.id);
    }
    const first = await get('/admin/subscriptions?limit=2');
    const second = await get(`/admin/subscriptions?limit=2&cursor=${first.next_cursor}`);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
  });
});

test('without billing none of it is there', async () => {
  await admin.call('PUT', '/admin/features/billing', { body: { enabled: false } });
  for (const [method, path] of [
    ['GET', '/admin/plans'],
    ['POST', '/admin/plans'],
    ['PATCH', '/admin/plans/pro'],
    ['POST', '/admin/plans/pro/archive'],
    ['GET', '/admin/subscriptions'],
    ['POST', '/admin/subscriptions'],
    ['POST', '/admin/subscriptions/sub_1/cancel'],
    ['DELETE', '/admin/subscriptions/sub_1/extend'],
  ] as const) {
    expect((await admin.call(method, path)).status, `${method} ${path}`).toBe(404);
  }
});

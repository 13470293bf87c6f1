import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAdminToken } from '../../core/identity/index.ts';
import { ALL_CHECKS } from './ledger-checks.ts';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

const WELCOME = { 'realms-reason': encodeURIComponent('welcome, 艾丽丝') };
let admin: AdminHarness;
let alice: string;

beforeEach(async () => {
  admin = await adminHarness();
  expect((await admin.call('PUT', '/admin/features/self-mode', { body: { enabled: false } })).status).toBe(200);
  alice = (await admin.call('POST', '/admin/users', { body: { name: 'alice' } })).json.id;
});
afterEach(async () => {
  await admin.close();
});

const adjust = async (body: object, headers: Record<string, string> = WELCOME, user = 'alice') =>
  await admin.call('POST', `/admin/users/${user}/balance`, { body, headers });

describe('a balance', () => {
  test('is nothing at first, and what was given and taken after', async () => {
    const empty = await admin.call('GET', '/admin/users/alice/balance');
    expect(empty.json).toMatchObject({ user_id: alice, user: 'alice', balance_usd: '0', updated_at: null });
    const given = await adjust({ amount_usd: '10.00' });
    expect([given.status, given.json]).toEqual([
      200,
      {
        user_id: alice,
        user: 'alice',
        balance_usd: '10',
        balance_usd_micros: 10_000_000,
        held_usd: '0',
        held_usd_micros: 0,
        available_usd: '10',
        available_usd_micros: 10_000_000,
        updated_at: '2026-01-01T00:00:00.000Z',
        transfer: expect.stringMatching(/^adjust:adj_/),
        amount_usd: '10',
        repeated: false,
      },
    ]);
    expect((await adjust({ amount_usd: '-2.50' })).json).toMatchObject({ balance_usd: '7.5', amount_usd: '-2.5' });
    const { items } = (await admin.call('GET', '/admin/balances')).json;
    expect(items).toMatchObject([{ user: 'alice', balance_usd: '7.5' }]);
    expect(admin.flushes).toBeGreaterThan(0);
  });

  test('is adjusted with a reason, which the ledger and the audit log keep', async () => {
    admin.ctx.clock.advance(1);
    const { transfer } = (await adjust({ amount_usd: '0.000001' })).json;
    const [entry] = (await admin.call('GET', '/admin/audit')).json.items;
    expect(entry).toMatchObject({
      action: 'balance.adjust',
      object: alice,
      reason: 'welcome, 艾丽丝',
      before: { balance_usd: '0' },
      after: { balance_usd: '0.000001', transfer },
    });
    const [posted] = (await admin.call('GET', '/admin/ledger')).json.items;
    expect(posted).toMatchObject({ id: transfer, actor: 'local:admin.sock', reason: 'welcome, 艾丽丝', user: 'alice' });
    for (const headers of [{}, { 'realms-reason': ' ' }]) {
      const refused = await adjust({ amount_usd: '1' }, headers as Record<string, string>);
      expect([refused.status, refused.json.errors?.[0]?.path]).toEqual([422, 'reason']);
    }
    expect((await admin.call('GET', '/admin/users/alice/balance')).json.balance_usd).toBe('0.000001');
  });

  test('is adjusted once for one key', async () => {
    const body = { amount_usd: '5', idempotency_key: 'march' };
    expect((await adjust(body)).json).toMatchObject({ balance_usd: '5', repeated: false });
    expect((await adjust(body)).json).toMatchObject({ balance_usd: '5', repeated: true });
    expect((await adjust({ ...body, amount_usd: '6' })).json).toMatchObject({ status: 409, code: 'conflict' });
  });

  test('cannot be adjusted by nothing, nor by what is no amount', async () => {
    for (const amount_usd of ['0', '0.00', '-0', '1.0000001', '1e3', '', '١', '99999999999', '+1', 1]) {
      expect([amount_usd, (await adjust({ amount_usd })).status]).toEqual([amount_usd, 422]);
    }
    expect((await admin.call('GET', '/admin/ledger')).json.items).toEqual([]);
  });

  test('of nobody is not found', async () => {
    expect((await adjust({ amount_usd: '1' }, WELCOME, 'bob')).status).toBe(404);
    expect((await admin.call('GET', '/admin/users/bob/balance')).status).toBe(404);
  });

  test('is adjusted by root alone', async () => {
    const tcp = await admin.listenTcp();
    const statuses: number[] = [];
    for (const role of ['operator', 'admin', 'root'] as const) {
      const { text } = await createAdminToken(admin.ctx, { name: role, role });
      const headers = { authorization: `Bearer ${text.reveal()}`, ...WELCOME };
      expect((await tcp.call('GET', '/admin/balances', { headers })).status).toBe(200);
      statuses.push(
        (await tcp.call('POST', '/admin/users/alice/balance', { body: { amount_usd: '1' }, headers })).status,
      );
    }
    expect(statuses).toEqual([403, 403, 200]);
  });
});

describe('the ledger', () => {
  test('is listed by user, kind, cause and account, in pages', async () => {
    await admin.call('POST', '/admin/users', { body: { name: 'bob' } });
    for (const amount_usd of ['1', '2', '3']) {
      admin.ctx.clock.advance(1);
      await adjust({ amount_usd });
    }
    await adjust({ amount_usd: '4' }, WELCOME, 'bob');
    const list = async (query: string) => (await admin.call('GET', `/admin/ledger?${query}`)).json;
    const amounts = (page: { items: { amount_usd: string }[] }) => page.items.map((item) => item.amount_usd);
    expect(amounts(await list('user=bob'))).toEqual(['4']);
    expect(amounts(await list('kind=usage'))).toEqual([]);
    expect(amounts(await list(`account=user:${alice}`))).toEqual(['3', '2', '1']);
    expect(amounts(await list('since=2026-01-01T00:00:00.002Z&until=2026-01-01T00:00:00.003Z'))).toEqual(['2']);
    const first = await list('user=alice&limit=2');
    expect(amounts(await list(`user=alice&cursor=${first.next_cursor}`))).toEqual(['1']);
    expect(amounts(await list(`ref=${first.items[0].ref_id}`))).toEqual(['3']);
    expect((await admin.call('GET', '/admin/ledger?kind=nonsense')).json.hint).toContain('usage, writeoff');
    expect((await admin.call('GET', '/admin/ledger?cursor=x')).status).toBe(422);
  });

  test('sums its accounts to zero, beyond what a number holds', async () => {
    for (const name of ['b', 'c']) await admin.call('POST', '/admin/users', { body: { name } });
    for (const user of ['alice', 'b', 'c']) await adjust({ amount_usd: '9007199254.740991' }, WELCOME, user);
    expect((await admin.call('GET', '/admin/ledger/accounts')).json.items).toEqual([
      {
        account: 'adjustments',
        transfers: 3,
        debit_usd: '27021597764.222973',
        credit_usd: '0',
        balance_usd: '-27021597764.222973',
      },
      {
        account: 'users',
        transfers: 3,
        debit_usd: '0',
        credit_usd: '27021597764.222973',
        balance_usd: '27021597764.222973',
      },
    ]);
  });
});

describe('a verification', () => {
  test('makes every check, and finds nothing in sound books', async () => {
    await adjust({ amount_usd: '10' });
    const { status, json } = await admin.call('GET', '/admin/ledger/verify');
    expect([status, json.ok]).toEqual([200, true]);
    expect(json.checks.map((check: { name: string }) => check.name)).toEqual(ALL_CHECKS.map((check) => check.name));
    expect(json.checks.every((check: { ok: boolean; complete: boolean }) => check.ok && check.complete)).toBe(true);
    const listed = (await admin.call('GET', '/admin/ledger/checks')).json.items;
    expect(listed).toEqual(ALL_CHECKS.map(({ name, doc }) => ({ name, doc })));
    expect(new Set(ALL_CHECKS.map((check) => check.name)).size).toBe(ALL_CHECKS.length);
    for (const { name, doc } of ALL_CHECKS) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(doc).toMatch(/^[a-z].*[^.]$/);
    }
  });

  test('names the rows that do not fit, and the log has them', async () => {
    await adjust({ amount_usd: '10' });
    await admin.database.knex('user_balances').update({ usd_micros: 11_000_000 });
    const violations = [{ subject: alice, detail: 'the transfers sum to $10, the balance says $11' }];
    const all = (await admin.call('GET', '/admin/ledger/verify')).json;
    expect(all.ok).toBe(false);
    expect(all.checks.filter((check: { ok: boolean }) => !check.ok)).toMatchObject([
      { name: 'balances-equal-transfers', violations },
    ]);
    expect(admin.said.some((line) => line.includes('the books do not balance') && line.includes(alice))).toBe(true);
    const one = (await admin.call('GET', '/admin/ledger/verify?check=transfers-sound')).json;
    expect([one.ok, one.checks.length]).toEqual([true, 1]);
    const none = await admin.call('GET', '/admin/ledger/verify?check=transfers-sond');
    expect(none.json).toMatchObject({ status: 404, hint: 'did you mean "transfers-sound"?' });
  });
});

test('in self mode there is no money', async () => {
  await admin.call('PUT', '/admin/features/self-mode', { body: { enabled: true } });
  for (const path of [
    '/admin/balances',
    '/admin/users/alice/balance',
    '/admin/ledger',
    '/admin/ledger/verify',
    '/admin/redemption-codes',
  ]) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect([path, (await admin.call(method, path)).status]).toEqual([path, 404]);
    }
  }
});

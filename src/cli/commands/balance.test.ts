import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../testing/run.ts';
import { type StubDaemon, startStubDaemon } from '../testing/stub-daemon.ts';

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon();
});
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
});

const BALANCE = {
  user_id: 'usr_1',
  user: 'alice',
  balance_usd: '-2.5',
  balance_usd_micros: -2_500_000,
  held_usd: '0',
  held_usd_micros: 0,
  available_usd: '-2.5',
  available_usd_micros: -2_500_000,
  updated_at: '2026-11-20T12:00:00.000Z',
};

describe('balance adjust', () => {
  test('sends the amount as written and the reason in its header', async () => {
    const argv = ['--socket', daemon.address, 'balance', 'adjust', 'alice', '--amount', '10.00', '--reason', 'welcome'];
    const { code, out } = await run([...argv, '-o', 'json']);
    expect([code, JSON.parse(out)]).toMatchObject([0, { transfer: 'some-transfer' }]);
    expect(daemon.calls.at(-1)).toMatchObject({
      operationId: 'adjustBalance',
      params: { user: 'alice' },
      body: { amount_usd: '10.00' },
      headers: { 'realms-reason': 'welcome' },
    });
  });

  test('takes a negative amount, in either way of writing', async () => {
    daemon.answer('adjustBalance', {
      status: 200,
      body: { ...BALANCE, transfer: 'adjust:adj_1', amount_usd: '-2.5', repeated: true },
    });
    for (const amount of [['--amount', '-2.50'], ['--amount=-2.50']]) {
      const line = ['balance', 'adjust', 'alice', ...amount, '--reason', 'x', '--idempotency-key', 'march'];
      const { code, out, err } = await run(line, { socket: daemon.address });
      expect([code, err]).toEqual([0, 'nothing was changed: this key had adjusted the balance before\n']);
      expect(out).toMatch(/^user +alice\nbalance +-\$2\.5\n/);
      expect(daemon.calls.at(-1)?.body).toEqual({ amount_usd: '-2.50', idempotency_key: 'march' });
    }
  });

  test.each([
    ['without a reason', ['--amount', '1'], '--reason is missing'],
    ['without an amount', ['--reason', 'x'], '--amount is missing'],
    ['with an amount that is none', ['--amount', 'ten', '--reason', 'x'], '"ten" is not an amount in dollars'],
    [
      'with a part of a millionth',
      ['--amount', '0.0000001', '--reason', 'x'],
      '"0.0000001" is not an amount in dollars',
    ],
  ])('sends nothing %s', async (_, words, message) => {
    const before = daemon.calls.length;
    const { code, err } = await run(['balance', 'adjust', 'alice', ...words], { socket: daemon.address });
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(daemon.calls.length).toBe(before);
  });
});

describe('ledger verify', () => {
  const result = (name: string, violations: object[] = [], complete = true) => {
    const check = { name, doc: `${name} hold`, ok: violations.length === 0, violations, complete, took_ms: 12 };
    return { status: 200, body: { ok: check.ok, checks: [check] } };
  };
  const items = ['transfers-sound', 'balances'].map((name) => ({ name, doc: 'd' }));

  test('asks for one check after the other, says which is under way, and ends with 0', async () => {
    daemon.answer('listLedgerChecks', { status: 200, body: { items, next_cursor: null } });
    daemon.answer('verifyLedger', result('transfers-sound'));
    const before = daemon.calls.length;
    const { code, out, err } = await run(['ledger', 'verify'], { socket: daemon.address });
    expect([code, err]).toEqual([0, '1/2 transfers-sound\n2/2 balances\n']);
    expect(out).toContain('ok    transfers-sound  12ms\n');
    expect(out).toContain('the books balance: 2 checks\n');
    expect(daemon.calls.slice(before + 1).map(({ query }) => query)).toEqual([
      { check: 'transfers-sound' },
      { check: 'balances' },
    ]);
    expect((await run(['ledger', 'verify', '--quiet'], { socket: daemon.address })).err).toBe('');
  });

  test('ends with 1 and names the rows when something is found, in every form', async () => {
    const violations = [{ subject: 'usr_1', detail: 'the transfers sum to $1, the balance says $2' }];
    daemon.answer('verifyLedger', result('balances', violations, false));
    const { code, out } = await run(['ledger', 'verify', 'balances'], { socket: daemon.address });
    expect([code, out]).toEqual([
      1,
      `FAIL  balances  12ms  it should be so: balances hold
      usr_1: the transfers sum to $1, the balance says $2
      and more than are named here
1 of 1 checks found something
`,
    ]);
    const json = await run(['ledger', 'verify', 'balances', '-o', 'json'], { socket: daemon.address });
    expect([json.code, JSON.parse(json.out)]).toMatchObject([1, { ok: false, checks: [{ violations }] }]);
    const named = await run(['ledger', 'verify', 'balances', '-o', 'name'], { socket: daemon.address });
    expect([named.code, named.out]).toEqual([1, 'balances\n']);
  });
});

test('ledger show names users, and passes filters on', async () => {
  const transfer = {
    id: 'adjust:adj_1',
    at: '2026-11-20T12:00:00.000Z',
    kind: 'adjust',
    debit_account: 'adjustments',
    credit_account: 'user:usr_1',
    amount_usd: '10',
    amount_usd_micros: 10_000_000,
    user_id: 'usr_1',
    user: 'alice',
    ref_type: 'adjustment',
    ref_id: 'adj_1',
    actor: 'local:admin.sock',
    reason: 'welcome',
  };
  daemon.answer('listTransfers', { status: 200, body: { items: [transfer], next_cursor: null } });
  const line = 'ledger show --user alice --kind adjust --account adjustments --ref adj_1 --since 1d --limit 5';
  const { out } = await run(line.split(' '), { socket: daemon.address });
  expect(out).toMatch(
    /2026-11-20 12:00:00 +adjust +\$10 +adjustments +user:alice +adj_1 +local:admin\.sock +welcome\n/,
  );
  expect(daemon.calls.at(-1)?.query).toEqual({
    user: 'alice',
    kind: 'adjust',
    account: 'adjustments',
    ref: 'adj_1',
    since: '2026-11-19T12:00:00.000Z',
    limit: '5',
  });
});

describe('redeem', () => {
  test('create sends limits and shows each code once', async () => {
    const line = 'redeem create --name spring --amount 5.00 --count 2 --uses none --per-user 3 --expires 30d';
    const { code, out, err } = await run(line.split(' '), { socket: daemon.address });
    expect([code, err]).toEqual([0, expect.stringContaining('the only time that the codes are shown')]);
    expect(out).toContain('some-code');
    expect(daemon.calls.at(-1)?.body).toEqual({
      name: 'spring',
      count: 2,
      amount_usd: '5.00',
      max_redemptions: null,
      max_per_user: 3,
      expires_at: '2026-12-20T12:00:00.000Z',
    });
  });

  test('create is for an amount or a plan', async () => {
    for (const words of [[], ['--amount', '1', '--plan', 'pro']]) {
      const { code, err } = await run(['redeem', 'create', '--name', 'x', ...words], { socket: daemon.address });
      expect([code, err]).toEqual([2, expect.stringContaining('either an amount or a plan')]);
    }
  });

  test('disable is for a code or a batch', async () => {
    const seen = async (...words: string[]) => {
      const { code } = await run(['redeem', 'disable', ...words], { socket: daemon.address });
      const { operationId, params } = daemon.calls.at(-1) ?? {};
      return [code, operationId, params];
    };
    expect(await seen('7K2M')).toEqual([0, 'editRedemptionCode', { code: '7K2M' }]);
    expect(await seen('--batch', 'spring')).toEqual([0, 'editCodeBatch', { batch: 'spring' }]);
    for (const words of [[], ['7K2M', '--batch', 'spring']]) {
      const { code, err } = await run(['redeem', 'disable', ...words], { socket: daemon.address });
      expect([code, err]).toEqual([2, 'realms: give either a code or --batch\n']);
    }
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../testing/run.ts';
import { type StubDaemon, startStubDaemon } from '../../testing/stub-daemon.ts';
import { tellOrder } from '../order/tell-order.ts';

const ADD = [
  'pay',
  'channel',
  'add',
  'cn',
  '--provider',
  'epay',
  '--gateway',
  'http://127.0.0.1:18090/',
  '--pid',
  '1001',
];
let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon();
});
afterAll(async () => await daemon[Symbol.asyncDispose]());

const call = async (argv: readonly string[], stdin = '') => await run(argv, { stdin, socket: daemon.address });

describe('pay channel add', () => {
  test('takes the settings by flags and the secrets from stdin', async () => {
    const secrets = '{"secret_key":"sk_test_canary","webhook_secret":["whsec_1","whsec_2"]}\n';
    const argv = [...ADD, '--secrets-stdin', '--allow-private', '--set', 'submit_mode=mapi,method='];
    expect(await call(argv, secrets)).toMatchObject({ code: 0 });
    expect(daemon.calls.at(-1)?.body).toEqual({
      name: 'cn',
      provider: 'epay',
      settings: { gateway: 'http://127.0.0.1:18090/', pid: '1001', submit_mode: 'mapi', method: null },
      secrets: { secret_key: 'sk_test_canary', webhook_secret: ['whsec_1', 'whsec_2'] },
      allow_private: true,
    });
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'canary'],
    ['no JSON, quite long and with canary in it', `{"key": "canary`],
    ['a list', '["canary"]'],
    ['nothing by name', '{}'],
    ['a number', '{"key": 5, "other": "canary"}'],
    ['an empty list', '{"key": []}'],
  ])('refuses %s before anything is sent, and repeats nothing of it', async (_what, stdin) => {
    const before = daemon.calls.length;
    const result = await call([...ADD, '--secrets-stdin'], stdin);
    expect(result.code).toBe(2);
    expect(result.out + result.err).not.toContain('canary');
    expect(daemon.calls).toHaveLength(before);
  });

  test('refuses settings that are none', async () => {
    expect(await call([...ADD, '--set', 'novalue'])).toMatchObject({ code: 2 });
    expect(await call(['pay', 'channel', 'edit', 'cn'])).toMatchObject({ code: 2 });
  });
});

test.each([
  [['pay', 'refund', 'abc', '--yes']],
  [['pay', 'settle-refund', 'rfd_1', '--outcome', 'failed', '--yes']],
  [['pay', 'explain', 'rec_1']],
])('%j wants a reason', async (argv) => {
  const result = await call(argv);
  expect([result.code, result.err]).toEqual([2, expect.stringContaining('--reason')]);
});

test.each([
  [['pay', 'refund', 'abc', '--reason', 'x']],
  [['pay', 'channel', 'remove', 'cn']],
  [['order', 'mark-paid', 'abc', '--reference', 'x']],
  [['order', 'cancel', 'abc']],
])('%j wants to be confirmed', async (argv) => {
  expect(await call(argv)).toMatchObject({ code: 9 });
});

test('an order is told with everything that it went through', () => {
  const at = '2026-11-20T12:00:00.000Z';
  const order = {
    id: 'ord_1',
    kind: 'topup',
    number: 'n1',
    user_id: 'usr_1',
    user: 'alice',
    state: 'fulfilled',
    amount: '20.00',
    amount_minor: 2_000,
    currency: 'CNY',
    rate: '7.2',
    credit_usd: '2.777777',
    plan_version_id: null,
    plan: null,
    channel_id: 'chan_1',
    channel: 'cn',
    provider: 'epay',
    method: 'alipay',
    created_at: at,
    expires_at: at,
    paid_at: at,
    fulfilled_at: at,
  } as const;
  const payment = {
    id: 'pay_1',
    state: 'partially_refunded',
    reference: 'r1',
    provider_ref: null,
    payment_ref: 'trade_1',
    subscription_ref: null,
    renewal: 'none',
    by_hand: false,
    amount: '20.00',
    currency: 'CNY',
    credited_usd: '2.777777',
    credited_to: 'user:usr_1',
    refunded: '5.00',
    disputed: '0.00',
    dispute: 'none',
    asked: 2,
    next_ask_at: null,
    created_at: at,
    paid_at: at,
  } as const;
  const lines = tellOrder({
    ...order,
    events: [{ at, kind: 'paid', actor: 'provider:cn', detail: { payment: 'pay_1', note: null } }],
    payments: [payment],
    callbacks: [],
    refunds: [],
    transfers: [
      {
        id: 'order:ord_1',
        at,
        debit_account: 'channel:chan_1',
        credit_account: 'user:usr_1',
        amount_usd: '2.777777',
        actor: 'x',
      },
    ],
    differences: [],
  });
  const text = lines.map((line) => (typeof line === 'string' ? line : line.text)).join('\n');
  expect(text).toContain('worth       $2.777777 at 7.2 CNY for a dollar');
  expect(text).toContain('2026-11-20 12:00:00  paid  by provider:cn: payment pay_1\n');
  expect(text).toContain(
    'pay_1  20.00 CNY partially_refunded, known there as trade_1, asked 2x, refunded 5.00, $2.777777 to user:usr_1',
  );
  expect(text).toContain('$2.777777 from channel:chan_1 to user:usr_1  order:ord_1');
  expect(text).not.toMatch(/callbacks|differences|undefined|null/);
});

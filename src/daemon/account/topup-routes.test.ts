import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createUserToken } from '../../core/identity/index.ts';
import { type FakeEpay, startFakeEpay } from '../../core/testing/fake-epay.ts';
import { epochMs } from '../../core/time.ts';
import { type Account, BUSINESS, callAs, openAccount, openEpay } from '../testing/account-scene.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';

let boot: BootedDaemon;
let gateway: FakeEpay;
let alice: Account;

beforeAll(async () => {
  gateway = await startFakeEpay();
  boot = await bootDaemon({ settings: { ...BUSINESS, 'server.trusted_proxies': '127.0.0.0/8' } });
  await openEpay(boot, 'cn', gateway);
  await openEpay(boot, 'placed', gateway, { submit_mode: 'mapi' });
});
beforeEach(async () => {
  alice = await openAccount(boot);
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => {
  await boot.stop();
  await gateway.close();
});

const TOPUP = { amount: '20.00', currency: 'CNY', channel: 'cn', method: 'alipay' };
const DOWN = { hasEffect: false, answer: 'status_500' } as const;
/** 20 yuan at 7.2 for a dollar. */
const WORTH = 2_777_777;

/** From an address of its own, so that one test's guesses are not another's. */
let address = 0;
const from = () => ({ 'x-forwarded-for': `203.0.113.${address++}` });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('a top-up is ordered, paid at the gateway and there', async () => {
  const created = await alice.post('/topup/create', TOPUP);
  expect(created).toMatchObject({
    status: 201,
    json: {
      order: expect.stringMatching(/^[0-9a-z]{26}$/),
      kind: 'topup',
      state: 'pending',
      amount: '20.00',
      currency: 'CNY',
      credit_usd: '2.777777',
      provider: 'epay',
      method: 'alipay',
      pay_url: expect.stringContaining(`${gateway.url}submit.php?`),
      page_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/pay\/topup\/[0-9a-z]{26}$/),
    },
  });
  expect(created.headers['cache-control']).toBe('no-store');
  const { outTradeNo, money } = await gateway.open(created.json.pay_url);
  expect(money).toBe('20.00');
  expect(await gateway.pay(outTradeNo)).toMatchObject({ status: 200, body: 'success' });
  expect(await alice.balance()).toBe(WORTH);
  const { json } = await alice.get('/topup');
  expect(json.balance).toEqual({ usd: '2.777777', held_usd: '0', available_usd: '2.777777' });
  expect(json.orders).toMatchObject([{ order: created.json.order, state: 'fulfilled', paid_at: expect.any(String) }]);
});

test('what can be bought is told: money, channels and bounds', async () => {
  const { status, json } = await alice.get('/topup');
  expect(status).toBe(200);
  expect(json).toEqual({
    user: alice.user.name,
    balance: { usd: '0', held_usd: '0', available_usd: '0' },
    min_usd: '1',
    max_usd: '10000',
    currencies: [
      { currency: 'USD', per_usd: '1' },
      { currency: 'CNY', per_usd: '7.2' },
    ],
    channels: [
      { name: 'cn', provider: 'epay', currencies: ['CNY'], livemode: true, methods: ['alipay', 'wxpay', 'qqpay'] },
      { name: 'placed', provider: 'epay', currencies: ['CNY'], livemode: true, methods: ['alipay', 'wxpay', 'qqpay'] },
    ],
    orders: [],
  });
});

describe('a body', () => {
  test.each<[string, Record<string, string>]>([
    ['without a content type', {}],
    ['of a strange content type', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['of no content type that anybody knows', { 'content-type': '???' }],
  ])('%s is read as the JSON that it is', async (_, headers) => {
    const body = Buffer.from(JSON.stringify(TOPUP));
    const given = headers['content-type'] === undefined ? { 'content-type': '' } : headers;
    expect((await alice.call('POST', '/topup/create', { body, headers: given })).status).toBe(201);
  });

  test.each<[string, unknown, string, string]>([
    ['that is broken', '{"amount"', 'invalid_input', 'body'],
    ['that is a list', '[]', 'invalid_input', 'body'],
    ['that is not there', undefined, 'invalid_input', 'amount'],
    ['with a number for money', { ...TOPUP, amount: 20 }, 'invalid_input', 'amount'],
    ['with an amount in the dark', { ...TOPUP, amount: '1e3' }, 'invalid_input', 'amount'],
    ['with too many decimals', { ...TOPUP, amount: '20.001' }, 'invalid_input', 'amount'],
    ['with less than the least', { ...TOPUP, amount: '0.10' }, 'invalid_input', 'amount'],
    ['with more than the most', { ...TOPUP, amount: '1000000.00' }, 'invalid_input', 'amount'],
    ['with a currency without a rate', { ...TOPUP, currency: 'EUR' }, 'invalid_input', 'currency'],
    ['with a currency that is none', { ...TOPUP, currency: 'XXX' }, 'invalid_input', 'currency'],
    ['with a channel that is not there', { ...TOPUP, channel: 'nowhere' }, 'not_found', ''],
    ['with a channel for other money', { ...TOPUP, currency: 'USD' }, 'invalid_input', 'channel'],
    ['with a method that is none', { ...TOPUP, method: '<b>' }, 'invalid_input', 'method'],
    ['with a field that nobody asked for', { ...TOPUP, chanel: 'cn' }, 'invalid_input', 'chanel'],
  ])('%s makes no order and says why', async (_, body, code, param) => {
    const answer = await alice.call('POST', '/topup/create', { body });
    expect([answer.status, answer.code]).toEqual([code === 'not_found' ? 404 : 400, code]);
    expect(answer.json.error.param ?? '').toBe(param);
    expect((await alice.get('/topup')).json.orders).toEqual([]);
  });

  test('of more than 64 KiB is refused, and the connection with it', async () => {
    const body = JSON.stringify({ ...TOPUP, amount: '9'.repeat(70_000) });
    const answer = await alice.call('POST', '/topup/create', { body });
    expect([answer.status, answer.code, answer.headers['connection']]).toEqual([413, 'too_large', 'close']);
  });
});

describe('while the provider does not answer', () => {
  test('an order is made all the same, and its page finds the way when it does again', async () => {
    await gateway.failNext('place', DOWN);
    const created = await alice.post('/topup/create', { ...TOPUP, channel: 'placed' });
    expect([created.status, created.json.pay_url]).toEqual([201, created.json.page_url]);
    const page = await callAs(boot, 'GET', created.json.pay_url);
    expect([page.status, page.headers['location']]).toEqual([303, expect.stringContaining(gateway.url)]);
    expect(page.text).toBe('');
  });

  test('its page says so and tells nothing of the inside', async () => {
    await gateway.failNext('place', DOWN);
    const other = await alice.post('/topup/create', { ...TOPUP, channel: 'placed' });
    await gateway.failNext('place', DOWN);
    const page = await callAs(boot, 'GET', other.json.page_url);
    expect([page.status, page.code, page.headers['retry-after']]).toEqual([502, 'upstream_failed', '5']);
    expect(page.text).not.toContain(gateway.url);
  });
});

describe('whoever calls', () => {
  const PATHS: readonly (readonly [string, string])[] = [
    ['GET', '/topup'],
    ['POST', '/topup/create'],
    ['POST', '/topup/redeem'],
    ['GET', '/subscription'],
    ['POST', '/subscription/purchase'],
    ['POST', `/pay/topup/${'0'.repeat(26)}/start`],
    ['POST', `/pay/topup/${'0'.repeat(26)}/cancel`],
  ];

  test.each(PATHS)('%s %s needs a token, and says which', async (method, path) => {
    for (const [headers, code] of [
      [{}, 'missing_user_token'],
      [{ authorization: 'Basic eDp5' }, 'missing_user_token'],
      [bearer('sk-0123456789'), 'invalid_user_token'],
      [{ ...from(), ...bearer(`utk_${'A'.repeat(43)}`) }, 'invalid_user_token'],
    ] as const) {
      const answer = await callAs(boot, method, path, { headers, ...(method === 'POST' && { body: TOPUP }) });
      expect([path, answer.status, answer.code]).toEqual([path, 401, code]);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="realms account"');
      expect(answer.json.error.hint).toContain('realms user token create');
    }
  });

  test('is let in while the account owes, and not while it is suspended or closed', async () => {
    await alice.become('past_due');
    expect((await alice.get('/topup')).status).toBe(200);
    for (const status of ['suspended', 'closed'] as const) {
      await alice.become(status);
      expect([status, (await alice.get('/topup')).code]).toEqual([status, 'account_suspended']);
    }
  });

  test('is not let in when the token has expired', async () => {
    const expiresAt = epochMs(boot.ctx.clock.now() - 1);
    const { text } = await createUserToken(boot.ctx, { userId: alice.user.id, expiresAt });
    const headers = { ...from(), ...bearer(text.reveal()) };
    expect((await callAs(boot, 'GET', '/topup', { headers })).code).toBe('invalid_user_token');
  });

  test('sees nobody else’s orders', async () => {
    await alice.post('/topup/create', TOPUP);
    const bob = await openAccount(boot);
    expect((await bob.get('/topup')).json.orders).toEqual([]);
  });

  test('guesses twenty times in a minute from an address, and then waits, right or wrong', async () => {
    const headers = from();
    const guess = (i: number) => bearer(`utk_${String(i).padStart(43, 'x')}`);
    for (let i = 0; i < 20; i++) {
      expect((await callAs(boot, 'GET', '/topup', { headers: { ...headers, ...guess(i) } })).status).toBe(401);
    }
    for (const token of [guess(20), bearer(alice.token)]) {
      const answer = await callAs(boot, 'GET', '/topup', { headers: { ...headers, ...token } });
      expect([answer.status, answer.code]).toEqual([429, 'too_many_attempts']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    // Nobody else pays for it.
    expect((await alice.call('GET', '/topup', { headers: from() })).status).toBe(200);
  });

  test('with a key for an account, by mistake, is never shut out by it', async () => {
    const headers = from();
    for (let i = 0; i < 25; i++) {
      expect((await callAs(boot, 'GET', '/topup', { headers: { ...headers, ...bearer('sk-mine') } })).status).toBe(401);
    }
    expect((await alice.call('GET', '/topup', { headers })).status).toBe(200);
  });
});

test('addresses of our own come from the settings, never from what a client writes', async () => {
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' };
  const spoofed = await alice.call('POST', '/topup/create', { body: TOPUP, headers });
  expect(spoofed.json.page_url).toBe(`${boot.url}/pay/topup/${spoofed.json.order}`);
  expect(spoofed.text).not.toContain('evil');
  await boot.set({ 'site.base_url': 'https://realms.example/' });
  const set = await alice.post('/topup/create', TOPUP);
  expect(set.json.page_url).toBe(`https://realms.example/pay/topup/${set.json.order}`);
  const form = new URL(set.json.pay_url).searchParams;
  expect(form.get('notify_url')).toMatch(/^https:\/\/realms\.example\/api\/pay\/epay\/notify\/chan_/);
  expect(form.get('return_url')).toBe(`${set.json.page_url}/return`);
});

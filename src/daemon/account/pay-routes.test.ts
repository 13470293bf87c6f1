import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readPaymentsOf } from '../../core/payments/payment-store.ts';
import { type FakeEpay, startFakeEpay } from '../../core/testing/fake-epay.ts';
import {
  type Account,
  BUSINESS,
  callAs,
  openAccount,
  openChannelOf,
  openEpay,
  openPlan,
} from '../testing/account-scene.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';

let boot: BootedDaemon;
let gateway: FakeEpay;
let alice: Account;

beforeAll(async () => {
  gateway = await startFakeEpay();
  boot = await bootDaemon({ settings: { ...BUSINESS, 'server.trusted_proxies': '127.0.0.0/8' } });
  await openEpay(boot, 'cn', gateway);
  await openEpay(boot, 'scan', gateway, { submit_mode: 'mapi' });
  await openChannelOf(boot, { name: 'counter', provider: 'manual' });
  await openChannelOf(boot, { name: 'wallet', provider: 'balance' });
  await openPlan(boot, { code: 'pro', priceMinor: 500 });
});
beforeEach(async () => {
  alice = await openAccount(boot);
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => {
  await boot.stop();
  await gateway.close();
});

let address = 0;
const from = () => ({ 'x-forwarded-for': `198.51.100.${address++}` });
const JSON_PLEASE = { accept: 'application/json' };

async function topup(channel = 'cn', currency = 'CNY') {
  const { status, json } = await alice.post('/topup/create', { amount: '20.00', currency, channel, method: 'alipay' });
  expect(status).toBe(201);
  return json as { order: string; pay_url: string; page_url: string };
}

async function attempts(order: string): Promise<number> {
  const [row] = (await boot.rows('topup_orders')).filter(({ number }) => number === order);
  return (await readPaymentsOf(boot.ctx, row?.['id'] as never)).length;
}

describe('the page of an order', () => {
  test('sends a browser on to the provider, as often as it comes, to the same attempt', async () => {
    const { order, pay_url } = await topup();
    for (const accept of ['text/html,application/xhtml+xml,*/*;q=0.8', '*/*', '']) {
      const page = await callAs(boot, 'GET', `/pay/topup/${order}`, { headers: { ...from(), accept } });
      expect([accept, page.status, page.headers['location']]).toEqual([accept, 303, pay_url]);
      expect([page.text, page.headers['content-type'], page.headers['cache-control']]).toEqual([
        '',
        undefined,
        'no-store',
      ]);
    }
    expect(await attempts(order)).toBe(1);
  });

  test('gives JSON to who asks for it, with the text of the code to scan', async () => {
    await gateway.behave({ placing: 'qrcode' });
    const { order } = await topup('scan');
    await gateway.behave({ placing: 'payurl' });
    const page = await callAs(boot, 'GET', `/pay/topup/${order}`, { headers: { ...from(), ...JSON_PLEASE } });
    expect(page).toMatchObject({ status: 200, json: { order, state: 'pending', amount: '20.00' } });
    expect(page.json.pay_url).toContain(gateway.url);
    expect(page.json.qr_text).toMatch(/^\S{10,}$/);
  });

  test('is not for HEAD, which would begin a payment', async () => {
    const { order } = await topup();
    expect((await callAs(boot, 'HEAD', `/pay/topup/${order}`, { headers: from() })).status).toBe(404);
  });

  test('tells what became of an order that is not to be paid any more', async () => {
    const { order, pay_url } = await topup();
    const { outTradeNo } = await gateway.open(pay_url);
    await gateway.pay(outTradeNo);
    for (const path of [`/pay/topup/${order}`, `/pay/topup/${order}/return`]) {
      const page = await callAs(boot, 'GET', path, { headers: from() });
      expect([path, page.status, page.json.state, page.json.paid_at]).toEqual([
        path,
        200,
        'fulfilled',
        expect.any(String),
      ]);
    }
    expect(await attempts(order)).toBe(1);
  });

  test('where payers come back changes nothing and believes nobody', async () => {
    const { order, pay_url } = await topup();
    const { outTradeNo } = await gateway.open(pay_url);
    // What a gateway adds to the address is as good as signed, and still no proof here.
    const { form } = await gateway.callback(outTradeNo);
    const page = await callAs(boot, 'GET', `/pay/topup/${order}/return?${form}`, { headers: from() });
    expect([page.status, page.json.state]).toEqual([200, 'pending']);
    expect(await alice.balance()).toBe(0);
  });

  test('of a channel where people pay by hand leads nowhere in circles', async () => {
    const { order, page_url } = await topup('counter', 'USD');
    const page = await callAs(boot, 'GET', page_url, { headers: from() });
    expect([page.status, page.headers['location']]).toEqual([303, `${page_url}/return`]);
    const there = await callAs(boot, 'GET', `${page_url}/return`, { headers: from() });
    expect([there.status, there.json]).toEqual([200, expect.objectContaining({ order, state: 'pending' })]);
  });

  test('does not spend a balance; the token of its owner does', async () => {
    await alice.give(2_000_000);
    const made = await alice.post('/subscription/purchase', { plan: 'pro', channel: 'wallet' });
    // Not enough yet: the order waits.
    expect([made.status, made.code]).toEqual([409, 'conflict']);
    await alice.give(10_000_000);
    const { order } = (await alice.get('/subscription')).json.orders[0];
    for (const headers of [from(), { ...from(), ...JSON_PLEASE }]) {
      const page = await callAs(boot, 'GET', `/pay/subscription/${order}`, { headers });
      expect([page.status, page.json.state, page.json.pay_url]).toEqual([200, 'pending', null]);
    }
    expect(await alice.balance()).toBe(12_000_000);
    const paid = await alice.post(`/pay/subscription/${order}/start`);
    expect([paid.status, paid.json.state, paid.json.pay_url]).toEqual([200, 'fulfilled', null]);
    expect(await alice.balance()).toBe(7_000_000);
  });
});

describe('an order that is not there', () => {
  test.each([
    ['unknown', '/pay/topup/01234567890123456789abcdef'],
    ['of another form', '/pay/topup/ord_1'],
    ['of no kind', '/pay/ticket/01234567890123456789abcdef'],
  ])('%s is not found', async (_, path) => {
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '/return'],
      ['POST', '/start'],
      ['POST', '/cancel'],
    ] as const) {
      const answer = await alice.call(method, `${path}${rest}`, { headers: from() });
      expect([method, rest, answer.status, answer.code]).toEqual([method, rest, 404, 'not_found']);
    }
  });

  test('an order is found by its whole number and its kind alone', async () => {
    const { order } = await topup();
    const [row] = (await boot.rows('topup_orders')).filter(({ number }) => number === order);
    for (const path of [
      `/pay/subscription/${order}`,
      `/pay/topup/${row?.['id']}`,
      `/pay/topup/${order.toUpperCase()}`,
    ]) {
      expect([path, (await callAs(boot, 'GET', path, { headers: from() })).status]).toEqual([path, 404]);
    }
  });

  test('numbers can be guessed twenty times in a minute', async () => {
    const { order } = await topup();
    const headers = from();
    const numbers = Array.from({ length: 20 }, (_, i) => String(i).padStart(26, '0'));
    for (const number of numbers) {
      expect((await callAs(boot, 'GET', `/pay/topup/${number}`, { headers })).status).toBe(404);
    }
    const answer = await callAs(boot, 'GET', `/pay/topup/${order}`, { headers });
    expect([answer.status, answer.code]).toEqual([429, 'too_many_attempts']);
    expect((await callAs(boot, 'GET', `/pay/topup/${order}`, { headers: from() })).status).toBe(303);
  });
});

describe('the owner of an order', () => {
  test('starts it again, and cancels it once', async () => {
    const { order, pay_url } = await topup();
    expect((await alice.post(`/pay/topup/${order}/start`)).json).toMatchObject({ order, pay_url });
    const canceled = await alice.post(`/pay/topup/${order}/cancel`);
    expect([canceled.status, canceled.json.state]).toEqual([200, 'canceled']);
    const again = await alice.post(`/pay/topup/${order}/cancel`);
    expect([again.status, again.code]).toEqual([409, 'conflict']);
    const late = await alice.post(`/pay/topup/${order}/start`);
    expect([late.status, late.code]).toEqual([409, 'conflict']);
    expect((await callAs(boot, 'GET', `/pay/topup/${order}`, { headers: from() })).json).toMatchObject({
      state: 'canceled',
      pay_url: null,
    });
  });

  test('is the only one who can', async () => {
    const { order } = await topup();
    const bob = await openAccount(boot);
    for (const verb of ['start', 'cancel']) {
      expect([verb, (await bob.post(`/pay/topup/${order}/${verb}`)).status]).toEqual([verb, 404]);
    }
    expect((await alice.get('/topup')).json.orders[0].state).toBe('pending');
  });

  test('cancels once out of fifty that come at once', async () => {
    const { order } = await topup();
    const all = await Promise.all(Array.from({ length: 50 }, () => alice.post(`/pay/topup/${order}/cancel`)));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(all.filter(({ status }) => status === 409)).toHaveLength(49);
  });
});

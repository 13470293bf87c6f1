import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { fakeClock } from './fake-clock.ts';
import { buildQuery, signMd5 } from './fake-epay/php.ts';
import { type FakeEpay, type FakeEpayOptions, startFakeEpay } from './fake-epay.ts';
import { spawnFakeEpay } from './spawn-fake-epay.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(options: FakeEpayOptions = {}) {
  const clock = fakeClock();
  const fake = await startFakeEpay({ clock, ...options });
  closing.push(() => fake.close());
  return { fake, clock };
}

/** A shop that keeps what it is told and answers as it is set to. */
async function openShop(answer: () => string) {
  const told: string[] = [];
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    told.push(`${request.method} ${request.url} ${body}`.trim());
    const text = answer();
    response.statusCode = text === 'success' ? 200 : 500;
    response.end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => once(server.close(), 'close'));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`, told };
}

function orderForm(fake: Pick<FakeEpay, 'pid' | 'key'>, changes: Readonly<Record<string, string>> = {}) {
  const form = {
    pid: fake.pid,
    type: 'alipay',
    out_trade_no: 'order-0001',
    notify_url: 'http://127.0.0.1:9/notify',
    return_url: 'http://127.0.0.1:9/return',
    name: 'Realms',
    money: '10.10',
    clientip: '203.0.113.7',
    ...changes,
  };
  return { ...form, sign: signMd5(form, fake.key), sign_type: 'MD5' };
}

async function submit(
  fake: Pick<FakeEpay, 'url' | 'pid' | 'key' | 'open'>,
  changes: Readonly<Record<string, string>> = {},
) {
  return await fake.open(`${fake.url}submit.php?${buildQuery(orderForm(fake, changes))}`);
}

async function ask(fake: FakeEpay, query: Readonly<Record<string, string>>) {
  const answer = await fetch(`${fake.url}api.php?${buildQuery({ pid: fake.pid, key: fake.key, ...query })}`);
  return (await answer.json()) as Readonly<Record<string, unknown>>;
}

describe('the fake gateway takes orders', () => {
  test('that are signed, in the query or the form', async () => {
    const { fake } = await open();
    expect(await submit(fake)).toMatchObject({ outTradeNo: 'order-0001', money: '10.10', status: 0 });
    const form = orderForm(fake, { out_trade_no: 'order-0002' });
    const placed = await fetch(`${fake.url}mapi.php`, { method: 'POST', body: new URLSearchParams(form) });
    const { trade_no: tradeNo } = await fake.order('order-0002').then((order) => ({ trade_no: order.tradeNo }));
    expect(await placed.json()).toEqual({ code: 1, trade_no: tradeNo, payurl: `${fake.url}pay/submit/${tradeNo}/` });
    const forged = { ...orderForm(fake), money: '0.01' };
    await expect(fake.open(`${fake.url}submit.php?${buildQuery(forged)}`)).rejects.toThrow(/签名校验失败/);
    await expect(submit(fake, { pid: '9' })).rejects.toThrow(/商户不存在/);
    await expect(submit(fake, { out_trade_no: 'a b' })).rejects.toThrow(/格式不正确/);
    await expect(submit(fake, { money: '-1' })).rejects.toThrow(/金额不合法/);
  });

  test('again within ten days when nothing differs, and anew after that', async () => {
    const { fake, clock } = await open();
    const first = await submit(fake);
    expect((await submit(fake)).tradeNo).toBe(first.tradeNo);
    await expect(submit(fake, { money: '10.11' })).rejects.toThrow(/支付参数有变化/);
    await fake.pay('order-0001', { lost: true });
    await expect(submit(fake)).rejects.toThrow(/已完成支付/);
    clock.advance(10 * 24 * HOUR_MS);
    expect((await submit(fake)).tradeNo).not.toBe(first.tradeNo);
  });

  test('and passes addresses and names through htmlspecialchars', async () => {
    const { fake } = await open();
    const order = await submit(fake, { notify_url: 'http://127.0.0.1:9/n?a=1&b=2', name: 'a"b' });
    expect([order.notifyUrl, order.name]).toEqual(['http://127.0.0.1:9/n?a=1&amp;b=2', 'a&quot;b']);
  });

  test('and deletes what is unpaid for a day', async () => {
    const { fake } = await open();
    await submit(fake);
    await submit(fake, { out_trade_no: 'order-0002' });
    await fake.pay('order-0002', { lost: true });
    await fake.advance(24 * HOUR_MS);
    expect(await fake.orders()).toHaveLength(2);
    await fake.advance(1);
    expect((await fake.orders()).map(({ outTradeNo }) => outTradeNo)).toEqual(['order-0002']);
    expect(await ask(fake, { act: 'order', out_trade_no: 'order-0001' })).toEqual({ code: -1, msg: '订单号不存在' });
  });
});

describe('the fake gateway answers questions', () => {
  test('only with the key, which it also shows', async () => {
    const { fake } = await open();
    await submit(fake);
    expect(await ask(fake, { act: 'order', out_trade_no: 'order-0001' })).toMatchObject({
      code: 1,
      money: '10.10',
      status: '0',
      endtime: null,
      pid: '1001',
    });
    expect(await ask(fake, { act: 'order', out_trade_no: 'order-0001', key: 'x' })).toMatchObject({ code: -3 });
    expect(await ask(fake, { act: 'query' })).toMatchObject({ code: 1, key: fake.key });
  });

  test('about refunds by status alone', async () => {
    const { fake } = await open();
    await submit(fake);
    await fake.pay('order-0001', { lost: true });
    const refund = (money: string) =>
      fetch(`${fake.url}api.php?act=refund`, {
        method: 'POST',
        body: new URLSearchParams({ pid: fake.pid, key: fake.key, out_trade_no: 'order-0001', money }),
      }).then((answer) => answer.json());
    expect(await refund('1.00')).toMatchObject({ code: 0 });
    expect(await ask(fake, { act: 'order', out_trade_no: 'order-0001' })).toMatchObject({
      status: '2',
      money: '10.10',
    });
    expect(await refund('1.00')).toMatchObject({ code: -1 });
  });
});

describe('the fake gateway tells the shop', () => {
  test.each(['success', 'Success!', '{"success":false}', '<html>SUCCESSFUL</html>'])(
    'once when it is answered %s, whatever the status',
    async (answer) => {
      const { fake } = await open();
      const shop = await openShop(() => answer);
      await submit(fake, { notify_url: shop.url });
      expect(await fake.pay('order-0001')).toMatchObject({ acked: true, body: answer });
      await fake.advance(48 * HOUR_MS);
      expect(shop.told).toHaveLength(1);
      expect(shop.told[0]).toMatch(/^GET \/notify\?pid=1001&trade_no=\d{19}&out_trade_no=order-0001&.*money=10\.1&/);
    },
  );

  test('five times more when it is not, then never again', async () => {
    const { fake, clock } = await open();
    const shop = await openShop(() => 'fail');
    await submit(fake, { notify_url: shop.url });
    const paidAt = clock.now();
    await fake.pay('order-0001');
    await fake.advance(48 * HOUR_MS);
    const minutes = (await fake.deliveries()).map(({ at }) => (at - paidAt) / MINUTE_MS);
    expect(minutes).toEqual([0, 1, 3, 20, 60, 120]);
    expect((await fake.order('order-0001')).notify).toBe(-1);
    expect(clock.now()).toBe(paidAt + 48 * HOUR_MS);
  });

  test('until it is understood', async () => {
    const { fake } = await open();
    let answer = 'fail';
    const shop = await openShop(() => answer);
    await submit(fake, { notify_url: shop.url });
    await fake.pay('order-0001', { lost: true });
    await fake.advance(4 * MINUTE_MS);
    answer = 'success';
    await fake.advance(48 * HOUR_MS);
    expect(shop.told).toHaveLength(3);
    expect((await fake.order('order-0001')).notify).toBe(0);
  });

  test('never again where nobody runs the job', async () => {
    const { fake } = await open();
    await fake.behave({ cron: false });
    const shop = await openShop(() => 'fail');
    await submit(fake, { notify_url: shop.url });
    await fake.pay('order-0001');
    await fake.advance(48 * HOUR_MS);
    expect(shop.told).toHaveLength(1);
  });

  test('by POST, as product, twice at once, and to other addresses', async () => {
    const { fake } = await open();
    const [shop, other] = [await openShop(() => 'success'), await openShop(() => 'success')];
    await submit(fake, { notify_url: shop.url });
    await fake.behave({ callbackMethod: 'POST', nameAsProduct: true });
    const all = await fake.deliverMany('order-0001', 4, [shop.url, other.url]);
    expect(all.every(({ acked }) => acked)).toBe(true);
    expect([shop.told.length, other.told.length]).toEqual([2, 2]);
    expect(shop.told[0]).toMatch(/^POST \/notify pid=1001&.*name=product&/);
  });

  test('whatever an attacker wants', async () => {
    const { fake } = await open();
    const shop = await openShop(() => 'fail');
    await submit(fake, { notify_url: shop.url });
    const read = async (changes: Parameters<FakeEpay['callback']>[1]) =>
      Object.fromEntries(new URLSearchParams((await fake.callback('order-0001', changes)).form));
    const own = await read({});
    expect((await read({ fields: { money: '1' } }))['sign']).not.toBe(own['sign']);
    expect(await read({ tamper: { money: '1' } })).toEqual({ ...own, money: '1' });
    const empty = await read({ key: '' });
    expect(empty['sign']).toBe(signMd5(empty, ''));
    const sent = await fake.deliver('order-0001', { method: 'POST', fields: { pid: '2002' } });
    expect([sent.acked, sent.status, shop.told.length]).toEqual([false, 500, 1]);
  });

  test('with one signature for two orders', async () => {
    const { fake } = await open();
    await submit(fake);
    await submit(fake, { out_trade_no: 'order-0002', money: '1000' });
    const { genuine, forged } = await fake.collide('order-0001', 'order-0002');
    const [one, other] = [genuine, forged].map((form) => Object.fromEntries(new URLSearchParams(form)));
    expect([one?.['out_trade_no'], other?.['out_trade_no']]).toEqual(['order-0001', 'order-0002']);
    expect(one?.['sign']).toBe(other?.['sign']);
    expect(signMd5(one ?? {}, fake.key)).toBe(signMd5(other ?? {}, fake.key));
    expect(signMd5(other ?? {}, fake.key)).toBe(other?.['sign']);
  });
});

describe('a fake gateway of its own process', () => {
  test('is driven from outside, below a path, with both protocols', async () => {
    const fake = await spawnFakeEpay({ subPath: 'epay' });
    closing.push(() => fake.close());
    const shop = await openShop(() => 'success');
    expect(fake.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/epay\/$/);
    const found = await fetch(`${fake.url}submit.php?${buildQuery(orderForm(fake, { notify_url: shop.url }))}`);
    expect(found.status).toBe(200);
    expect(await fake.pay('order-0001')).toMatchObject({ acked: true });
    expect(await fake.orders()).toMatchObject([{ outTradeNo: 'order-0001', status: 1 }]);
    expect((await fake.secretsV2()).private_key).toContain('PRIVATE KEY');
    await expect(fake.order('gone')).rejects.toThrow(/no order gone/);
    await fake.close();
    await expect(fetch(fake.url)).rejects.toThrow();
  });
});

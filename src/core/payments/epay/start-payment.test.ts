import { afterAll, describe, expect, test } from 'vitest';
import { makeKeys } from '../../testing/fake-epay/php.ts';
import { HOUR_MS } from '../../time.ts';
import { type EpayScene, type EpaySceneOptions, openEpayScene } from './testing/epay-scene.ts';

const KEYS = makeKeys();
const scenes: EpayScene[] = [];

async function open(options: EpaySceneOptions): Promise<EpayScene> {
  const scene = await openEpayScene({ keys: KEYS, ...options });
  scenes.push(scene);
  return scene;
}

afterAll(async () => {
  await Promise.all(scenes.map(({ fake }) => fake.close()));
});

describe.each(['v1', 'v2'] as const)('starting a payment by %s', (protocol) => {
  test.each([undefined, 'epay/sub'])('gives a page that the gateway takes, below %s', async (subPath) => {
    const { fake, provider, input } = await open({ protocol, ...(subPath !== undefined && { subPath }) });
    const start = input({ order: { amountMinor: 1_010 } });
    const started = await provider.start(start);
    expect(started).toMatchObject({ qrText: null, providerRef: null });
    expect(started.payUrl.startsWith(fake.url)).toBe(true);
    expect(await fake.calls()).toHaveLength(0);
    expect(await fake.open(started.payUrl)).toMatchObject({
      outTradeNo: start.attempt.reference,
      money: '10.10',
      name: 'Realms',
      type: 'alipay',
      notifyUrl: start.notifyUrl,
      returnUrl: start.returnUrl,
    });
  });

  test('says for how long the gateway takes the page', async () => {
    const { fake, clock, provider, input } = await open({ protocol });
    const start = input();
    const { payUrl, validUntil } = await provider.start(start);
    if (protocol === 'v1') {
      expect(validUntil).toBeUndefined();
      clock.advance(HOUR_MS);
      await expect(fake.open(payUrl)).resolves.toMatchObject({ status: 0 });
      return;
    }
    clock.advance((validUntil ?? 0) - clock.now());
    const { tradeNo } = await fake.open(payUrl);
    clock.advance(1_001);
    await expect(fake.open(payUrl)).rejects.toThrow(/时间戳/);
    // The same attempt again is the same order there.
    expect((await fake.open((await provider.start(start)).payUrl)).tradeNo).toBe(tradeNo);
  });

  test('says nothing of the order or the user there but amount and reference', async () => {
    const { provider, input } = await open({ protocol });
    const { payUrl } = await provider.start(input());
    const names = [...new URL(payUrl).searchParams.keys()].filter((name) => name !== 'timestamp');
    const known = ['pid', 'out_trade_no', 'notify_url', 'return_url', 'name', 'money', 'type', 'sign', 'sign_type'];
    expect(names).toEqual(known);
  });

  test('lets the payer choose when the order names no way to pay', async () => {
    const { fake, provider, input } = await open({ protocol, settings: { submit_mode: 'mapi' } });
    const { payUrl } = await provider.start(input({ order: { method: '' } }));
    expect(new URL(payUrl).searchParams.has('type')).toBe(false);
    expect(await fake.calls()).toHaveLength(0);
    expect((await fake.open(payUrl)).type).toBe('');
  });

  test.each(['payurl', 'relative'] as const)('places the order itself and gives its page (%s)', async (placing) => {
    const { fake, provider, input } = await open({ protocol, settings: { submit_mode: 'mapi' } });
    await fake.behave({ placing });
    const start = input();
    const started = await provider.start(start);
    const order = await fake.order(start.attempt.reference);
    expect(started).toEqual({
      payUrl: `${fake.url}pay/submit/${order.tradeNo}/`,
      qrText: null,
      providerRef: order.tradeNo,
    });
    expect(order.clientIp).toBe('203.0.113.7');
  });

  test.each(['qrcode', 'urlscheme', 'html', 'app'] as const)(
    'gives a page for the browser also where the gateway gives none (%s)',
    async (placing) => {
      const { fake, provider, input } = await open({ protocol, settings: { submit_mode: 'mapi' } });
      await fake.behave({ placing });
      const start = input();
      const started = await provider.start(start);
      const order = await fake.order(start.attempt.reference);
      expect(started.qrText === null).toBe(placing !== 'qrcode');
      expect(started.providerRef).toBe(order.tradeNo);
      // The same order, not a second one.
      expect((await fake.open(started.payUrl)).tradeNo).toBe(order.tradeNo);
      expect(await fake.orders()).toHaveLength(1);
    },
  );

  test('says in the words of the gateway why it would not, without the key', async () => {
    const { fake, provider, input } = await open({ protocol, settings: { submit_mode: 'mapi' } });
    await fake.behave({ placing: 'captcha' });
    await expect(provider.start(input())).rejects.toThrow(
      expect.objectContaining({ code: 'upstream_failed', message: expect.stringMatching(/-1: 本次支付需要安全验证/) }),
    );
  });

  test.each([
    [{ currency: 'USD' }, 'currency'],
    [{ method: 'alipay&name=x' }, 'method'],
    [{ method: 'x'.repeat(33) }, 'method'],
  ])('refuses an order with %o', async (order, param) => {
    const { provider, input } = await open({ protocol });
    const facts = expect.objectContaining({ param });
    await expect(provider.start(input({ order }))).rejects.toThrow(expect.objectContaining({ facts }));
  });

  test('never sends an address with a query, a reference with separators or no amount', async () => {
    const { provider, input, attempt } = await open({ protocol });
    await expect(provider.start({ ...input(), notifyUrl: 'http://r.example/n?a=b' })).rejects.toThrow(/no query/);
    await expect(provider.start({ ...input(), returnUrl: 'http://r.example/n&b' })).rejects.toThrow(/no query/);
    await expect(provider.start(input({ attempt: attempt('ref&money=1') }))).rejects.toThrow(/reference/);
    await expect(provider.start(input({ order: { amountMinor: 0 } }))).rejects.toThrow(/amount/);
    await expect(provider.start(input({ order: { amountMinor: 10.5 } }))).rejects.toThrow(/amount/);
  });

  test('names no payer whose address is not one', async () => {
    const { provider, input } = await open({ protocol, settings: { submit_mode: 'mapi' } });
    await expect(provider.start({ ...input(), payerIp: '1.2.3.4&name=x' })).rejects.toThrow(/address of the payer/);
  });
});

describe('a channel that may not use private addresses', () => {
  test('starts nothing at one, also when it was stored before', async () => {
    const { provider, input, channel, fake } = await open({ settings: { submit_mode: 'mapi' } });
    const closed = { ...channel, allowPrivate: false };
    await expect(provider.start(input({ channel: closed }))).rejects.toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
    // A name that only resolves to one shows when it is dialled.
    const port = new URL(fake.url).port;
    const named = { ...closed, settings: { ...channel.settings, gateway: `https://loopback.example.test:${port}` } };
    await expect(provider.start(input({ channel: named }))).rejects.toThrow(
      expect.objectContaining({ code: 'upstream_failed' }),
    );
    expect(await fake.calls()).toHaveLength(0);
  });
});

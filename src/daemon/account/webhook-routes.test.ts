import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { editChannel, type PaymentChannel, removeChannel } from '../../core/payments/index.ts';
import { fakeClock } from '../../core/testing/fake-clock.ts';
import { type FakeEpay, startFakeEpay } from '../../core/testing/fake-epay.ts';
import { FAKE_STRIPE_KEY, type FakeStripe, startFakeStripe } from '../../core/testing/fake-stripe.ts';
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
let stripe: FakeStripe;
let epay: PaymentChannel;
let alice: Account;

const SIGNER = 'whsec_0123456789abcdef';
const PAID_SECRET = 'a-secret-of-the-other-system';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const WORTH = 2_777_777;

beforeAll(async () => {
  gateway = await startFakeEpay();
  // What is signed is signed now: the daemon lives in real time.
  stripe = await startFakeStripe({ clock: fakeClock(Date.now()) });
  boot = await bootDaemon({ settings: BUSINESS });
  epay = await openEpay(boot, 'cn', gateway);
  await openChannelOf(boot, {
    name: 'intl',
    provider: 'stripe',
    settings: { api_base: stripe.url },
    secrets: { secret_key: FAKE_STRIPE_KEY, webhook_secret: SIGNER },
  });
  await openChannelOf(boot, { name: 'counter', provider: 'manual', secrets: { webhook_secret: PAID_SECRET } });
  await openChannelOf(boot, { name: 'deaf', provider: 'manual' });
  await openPlan(boot, { code: 'pro', priceMinor: 2_000 });
});
beforeEach(async () => {
  alice = await openAccount(boot);
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => {
  await boot.stop();
  await Promise.all([gateway.close(), stripe.close()]);
});

describe('EPay', () => {
  async function topup(): Promise<string> {
    const { json } = await alice.post('/topup/create', { amount: '20.00', currency: 'CNY', channel: 'cn' });
    return (await gateway.open(json.pay_url)).outTradeNo;
  }

  async function paidSilently(): Promise<string> {
    const outTradeNo = await topup();
    await gateway.pay(outTradeNo, { lost: true });
    return outTradeNo;
  }

  test.each(['GET', 'POST'] as const)(
    'tells by %s, at the address of the channel and at the bare one',
    async (method) => {
      for (const place of [`/${epay.id}`, '/cn', '']) {
        const outTradeNo = await paidSilently();
        const before = await alice.balance();
        const { form } = await gateway.callback(outTradeNo);
        const path = `/api/pay/epay/notify${place}`;
        const call = () =>
          method === 'GET'
            ? callAs(boot, 'GET', `${path}?${form}`)
            : callAs(boot, 'POST', path, { body: form, headers: FORM });
        for (const answer of [await call(), await call()]) {
          expect([place, answer.status, answer.text]).toEqual([place, 200, 'success']);
          expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
        }
        expect(await alice.balance()).toBe(before + WORTH);
      }
    },
  );

  test('is not heard by HEAD, nor where GET and POST disagree', async () => {
    const outTradeNo = await paidSilently();
    const { form } = await gateway.callback(outTradeNo);
    expect((await callAs(boot, 'HEAD', `/api/pay/epay/notify/cn?${form}`)).status).toBe(404);
    const mixed = await callAs(boot, 'POST', `/api/pay/epay/notify/cn?${form}`, { body: 'money=0.01', headers: FORM });
    expect([mixed.status, mixed.text]).toEqual([200, 'fail']);
    expect(await alice.balance()).toBe(0);
  });

  test('is not believed with another amount or key, and hears so in one word', async () => {
    const outTradeNo = await topup();
    for (const changes of [{ tamper: { money: '0.01' } }, { key: '' }, { key: 'wrong' }, { fields: { pid: '1002' } }]) {
      const { form } = await gateway.callback(outTradeNo, changes);
      const answer = await callAs(boot, 'GET', `/api/pay/epay/notify/cn?${form}`);
      expect([changes, answer.text]).toEqual([changes, 'fail']);
    }
    expect(await alice.balance()).toBe(0);
  });

  test('hears nothing that looks like thanks from a channel that is not there', async () => {
    const outTradeNo = await paidSilently();
    const { form } = await gateway.callback(outTradeNo);
    for (const place of ['success', 'Success-cn', 'intl', 'CN']) {
      const answer = await callAs(boot, 'GET', `/api/pay/epay/notify/${place}?${form}`);
      expect([place, answer.status, answer.code]).toEqual([place, 404, 'not_found']);
      expect(answer.text).not.toMatch(/success/i);
    }
    expect(await alice.balance()).toBe(0);
  });

  test('has to say which channel it means when there are two, and cannot mean one that is off', async () => {
    const second = await openEpay(boot, 'cn2', gateway);
    const outTradeNo = await paidSilently();
    const { form } = await gateway.callback(outTradeNo);
    expect((await callAs(boot, 'GET', `/api/pay/epay/notify?${form}`)).status).toBe(404);
    const { cashier } = boot.daemon.account;
    await editChannel(cashier, second.id, { enabled: false });
    expect((await callAs(boot, 'GET', `/api/pay/epay/notify/cn2?${form}`)).status).toBe(404);
    expect((await callAs(boot, 'GET', `/api/pay/epay/notify?${form}`)).text).toBe('success');
    await removeChannel(cashier, second.id);
  });
});

describe('Stripe', () => {
  async function paidSession(): Promise<string> {
    const { json } = await alice.post('/topup/create', { amount: '20.00', currency: 'USD', channel: 'intl' });
    const session = json.pay_url.split('/').at(-1);
    await stripe.pay(session);
    const events = await stripe.events(['checkout.session.completed']);
    return events.find(({ about }) => about === session)?.id ?? '';
  }

  test('tells at the address of the channel and at the bare one; the bytes are what is signed', async () => {
    for (const place of ['/intl', '']) {
      const before = await alice.balance();
      const { headers, body } = await stripe.sign(await paidSession(), [SIGNER]);
      // Bytes that parse to the same JSON are another message.
      const respelt = Buffer.from(JSON.stringify(JSON.parse(body), null, 3));
      const refused = await callAs(boot, 'POST', `/api/pay/stripe/webhook${place}`, { body: respelt, headers });
      expect([place, refused.status]).toEqual([place, 400]);
      for (let i = 0; i < 2; i++) {
        const answer = await callAs(boot, 'POST', `/api/pay/stripe/webhook${place}`, {
          body: Buffer.from(body),
          headers,
        });
        expect([place, answer.status, answer.text]).toEqual([place, 200, 'ok']);
      }
      expect(await alice.balance()).toBe(before + 20_000_000);
    }
  });

  test.each(['forged', 'tampered', 'unsigned', 'empty_secret', 'stale', 'future'] as const)(
    'is not believed when the callback is %s',
    async (fault) => {
      const { headers, body } = await stripe.sign(await paidSession(), [SIGNER], { fault });
      const answer = await callAs(boot, 'POST', '/api/pay/stripe/webhook/intl', { body: Buffer.from(body), headers });
      expect([answer.status, answer.headers['content-type']]).toEqual([400, 'text/plain; charset=utf-8']);
      expect(await alice.balance()).toBe(0);
    },
  );

  test('may say a megabyte and not more', async () => {
    const large = await callAs(boot, 'POST', '/api/pay/stripe/webhook/intl', { body: Buffer.alloc(1_048_576, 'x') });
    expect(large.status).toBe(400);
    const larger = await callAs(boot, 'POST', '/api/pay/stripe/webhook/intl', { body: Buffer.alloc(1_048_577, 'x') });
    expect([larger.status, larger.code]).toEqual([413, 'too_large']);
  });

  test('tells nothing at the address of another provider', async () => {
    const { headers, body } = await stripe.sign(await paidSession(), [SIGNER]);
    for (const path of ['/api/pay/stripe/webhook/cn', '/api/pay/epay/notify/intl']) {
      expect([path, (await callAs(boot, 'POST', path, { body, headers })).status]).toEqual([path, 404]);
    }
    expect(await alice.balance()).toBe(0);
  });
});

describe('another system that takes the money', () => {
  const path = (order: string) => `/api/webhooks/subscription-orders/${order}/paid`;

  async function ordered(channel: string): Promise<string> {
    return (await alice.post('/subscription/purchase', { plan: 'pro', channel })).json.order;
  }

  function signed(fields: object, { secret = PAID_SECRET, agoS = 0 } = {}) {
    const body = Buffer.from(JSON.stringify(fields));
    const timestamp = String(Math.floor(Date.now() / 1000) - agoS);
    const signature = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
    return { body, headers: { 'realms-timestamp': timestamp, 'realms-signature': `v1=${signature}` } };
  }

  const paid = (order: string) => ({ order, payment_ref: `bank-${order}`, amount: '20.00', currency: 'USD' });
  const plans = async () => (await alice.get('/subscription')).json.subscriptions;

  test('says that an order was paid, as often as it likes', async () => {
    const order = await ordered('counter');
    for (let i = 0; i < 2; i++) {
      const answer = await callAs(boot, 'POST', path(order), signed(paid(order)));
      expect([answer.status, answer.text]).toEqual([200, 'ok']);
    }
    expect(await plans()).toMatchObject([{ plan: 'pro', state: 'active' }]);
  });

  test('is not believed unless it signed just that, just now', async () => {
    const order = await ordered('counter');
    const other = await ordered('counter');
    const fresh = signed(paid(order));
    const tries: readonly (readonly [string, ReturnType<typeof signed>])[] = [
      ['another secret', signed(paid(order), { secret: 'x'.repeat(28) })],
      ['no secret', signed(paid(order), { secret: '' })],
      ['long ago', signed(paid(order), { agoS: 310 })],
      ['not yet', signed(paid(order), { agoS: -310 })],
      ['another order', signed(paid(other))],
      ['less money', signed({ ...paid(order), amount: '0.01' })],
      ['other money', signed({ ...paid(order), currency: 'CNY' })],
      ['other bytes', { ...fresh, body: Buffer.concat([fresh.body, Buffer.from(' ')]) }],
      ['no signature', { ...fresh, headers: { 'realms-timestamp': fresh.headers['realms-timestamp'] } as never }],
    ];
    for (const [why, call] of tries) {
      const answer = await callAs(boot, 'POST', path(order), call);
      expect([why, answer.status]).toEqual([why, 400]);
    }
    expect(await plans()).toEqual([]);
  });

  test('finds nobody where no secret is set, and nothing where no order is', async () => {
    const order = await ordered('deaf');
    const { headers, body } = signed(paid(order), { secret: '' });
    expect((await callAs(boot, 'POST', path(order), { headers, body })).status).toBe(404);
    const unknown = '0'.repeat(26);
    expect((await callAs(boot, 'POST', path(unknown), signed(paid(unknown)))).status).toBe(404);
    expect(await plans()).toEqual([]);
  });

  test('is not heard by GET', async () => {
    expect((await callAs(boot, 'GET', path(await ordered('counter')))).code).toBe('unknown_url');
  });
});

test('while billing is off nothing is heard, and afterwards it is', async () => {
  const { json } = await alice.post('/topup/create', { amount: '20.00', currency: 'CNY', channel: 'cn' });
  const { outTradeNo } = await gateway.open(json.pay_url);
  await boot.set({ feature_disable_billing: true });
  expect(await gateway.pay(outTradeNo)).toMatchObject({ status: 404, acked: false });
  await boot.resetSettings();
  expect(await gateway.deliver(outTradeNo)).toMatchObject({ status: 200, body: 'success' });
  expect(await alice.balance()).toBe(WORTH);
});

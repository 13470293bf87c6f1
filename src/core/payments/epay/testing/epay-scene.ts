import type { ChannelId, OrderId, PaymentId, UserId } from '../../../ids.ts';
import type { Order } from '../../../orders/index.ts';
import { Secret } from '../../../secret.ts';
import { type FakeClock, fakeClock } from '../../../testing/fake-clock.ts';
import {
  type FakeCallback,
  type FakeEpay,
  type FakeEpayOptions,
  type FakeOrder,
  startFakeEpay,
} from '../../../testing/fake-epay.ts';
import { epochMs } from '../../../time.ts';
import type { OpenChannel, PaymentAttempt, PaymentProvider, RawCallback, StartInput } from '../../provider.ts';
import { epayProvider } from '../epay-provider.ts';
import { EPAY_LIMITS, type EpayLimits } from '../gateway-call.ts';

const CHANNEL = 'chan_1' as ChannelId;
const ORDER = 'ord_1' as OrderId;

export interface EpaySceneOptions extends Omit<FakeEpayOptions, 'clock'> {
  readonly protocol?: 'v1' | 'v2';
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly limits?: Partial<EpayLimits>;
}

/** A gateway, a channel of it and the provider, all with one clock that stands still. */
export interface EpayScene {
  readonly fake: FakeEpay;
  readonly clock: FakeClock;
  readonly provider: PaymentProvider;
  readonly channel: OpenChannel;
  channelWith(settings: Readonly<Record<string, unknown>>, secrets?: Readonly<Record<string, string>>): OpenChannel;
  attempt(reference?: string): PaymentAttempt;
  input(changes?: { order?: Partial<Order>; attempt?: PaymentAttempt; channel?: OpenChannel }): StartInput;
  /** Starts a payment and opens the gateway's page: the order is then there. */
  place(fen: number): Promise<{ readonly attempt: PaymentAttempt; readonly order: FakeOrder }>;
  raw(callback: Pick<FakeCallback, 'method' | 'form'>): RawCallback;
}

export async function openEpayScene(options: EpaySceneOptions = {}): Promise<EpayScene> {
  const { protocol = 'v1', settings = {}, limits = {}, ...fakeOptions } = options;
  const clock = fakeClock();
  const fake = await startFakeEpay({ ...fakeOptions, clock });
  const provider = epayProvider({ clock }, { ...EPAY_LIMITS, ...limits });
  const own: Readonly<Record<string, string>> = protocol === 'v1' ? { key: fake.key } : fake.secretsV2;
  let serial = 0;

  const channelWith: EpayScene['channelWith'] = (changes, secrets = own) => ({
    id: CHANNEL,
    name: 'cn',
    provider: 'epay',
    livemode: true,
    allowPrivate: true,
    settings: provider.form.checkSettings(
      { gateway: fake.url, pid: fake.pid, protocol, submit_mode: 'submit', ...settings, ...changes },
      { allowPrivate: true },
    ),
    secrets: Object.fromEntries(Object.entries(secrets).map(([name, text]) => [name, new Secret(text)])),
  });

  const attempt: EpayScene['attempt'] = (reference) => {
    serial += 1;
    return {
      id: 'pay_1' as PaymentId,
      orderId: ORDER,
      reference: reference ?? `ref${String(serial).padStart(23, '0')}`,
      providerRef: null,
      createdAt: clock.now(),
    };
  };

  const scene: EpayScene = {
    fake,
    clock,
    provider,
    channel: channelWith({}),
    channelWith,
    attempt,
    input: (changes = {}) => ({
      channel: changes.channel ?? scene.channel,
      order: orderWith({ createdAt: clock.now(), ...changes.order }),
      attempt: changes.attempt ?? attempt(),
      notifyUrl: 'http://127.0.0.1:9/api/pay/epay/notify/cn',
      returnUrl: 'http://127.0.0.1:9/pay/topup/abc',
      payerIp: '203.0.113.7',
      renews: false,
    }),
    async place(fen) {
      const input = scene.input({ order: { amountMinor: fen } });
      const { payUrl } = await provider.start(input);
      return { attempt: input.attempt, order: await fake.open(payUrl) };
    },
    raw: ({ method, form }) => ({
      method,
      query: method === 'GET' ? form : '',
      headers: method === 'GET' ? {} : { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: Buffer.from(method === 'GET' ? '' : form),
      receivedAt: clock.now(),
    }),
  };
  return scene;
}

function orderWith(changes: Partial<Order>): Order {
  return {
    id: ORDER,
    kind: 'topup',
    number: 'abcdefgh',
    userId: 'usr_1' as UserId,
    state: 'pending',
    amountMinor: 2_000,
    currency: 'CNY',
    rate: '7.2',
    creditUsdMicros: 2_777_777 as Order['creditUsdMicros'],
    planVersionId: null,
    channelId: CHANNEL,
    provider: 'epay',
    method: 'alipay',
    createdAt: epochMs(0),
    expiresAt: epochMs(0),
    paidAt: null,
    fulfilledAt: null,
    ...changes,
  };
}

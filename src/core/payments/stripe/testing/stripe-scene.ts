import { onTestFinished } from 'vitest';
import type { ChannelId, OrderId, PaymentId, UserId } from '../../../ids.ts';
import type { UsdMicros } from '../../../money.ts';
import type { Order } from '../../../orders/index.ts';
import { Secret } from '../../../secret.ts';
import { type FakeClock, fakeClock } from '../../../testing/fake-clock.ts';
import {
  FAKE_STRIPE_KEY,
  type FakeStripe,
  type SignedCallback,
  startFakeStripe,
} from '../../../testing/fake-stripe.ts';
import { epochMs, HOUR_MS } from '../../../time.ts';
import type {
  CallbackReading,
  OpenChannel,
  PaymentAttempt,
  PaymentFact,
  PaymentProvider,
  RawCallback,
  StartInput,
} from '../../provider.ts';
import { STRIPE_LIMITS, type StripeLimits } from '../open-stripe.ts';
import { stripeProvider } from '../stripe-provider.ts';

export const WEBHOOK_SECRET = 'whsec_TheSecretOfThisChannel';

/** A provider in front of a fake account, both at the same virtual time. */
export interface StripeScene {
  readonly fake: FakeStripe;
  readonly clock: FakeClock;
  readonly provider: PaymentProvider;
  readonly channel: OpenChannel;
  /** Opens a payment; each has a reference of its own. */
  start(changes?: Partial<StartInput> & { readonly order?: Order }): Promise<OpenedPayment>;
  /** Hands over an event as it comes from the account, signed for this channel. */
  read(event: string, how?: ReadHow): Promise<CallbackReading>;
  /** The facts of the only event of this type. */
  factsOf(type: string, how?: ReadHow): Promise<readonly PaymentFact[]>;
  /** The only event of this type. */
  eventOf(type: string): Promise<string>;
}

export interface OpenedPayment {
  readonly session: string;
  readonly attempt: PaymentAttempt;
  readonly order: Order;
  readonly payUrl: string;
}

export interface ReadHow {
  readonly channel?: OpenChannel;
  readonly secrets?: readonly string[];
  readonly apiVersion?: string;
}

export async function stripeScene(
  options: { readonly livemode?: boolean; readonly limits?: Partial<StripeLimits> } = {},
): Promise<StripeScene> {
  const clock = fakeClock();
  const { livemode = false } = options;
  const secretKey = livemode ? 'sk_live_51FakeStripeAccountKey' : FAKE_STRIPE_KEY;
  const fake = await startFakeStripe({ clock, livemode, secretKeys: [secretKey] });
  onTestFinished(() => fake.close());
  const provider = stripeProvider({ clock }, { ...STRIPE_LIMITS, ...options.limits });
  const channel = channelAt(fake.url, { secretKey, livemode });
  let serial = 0;

  const scene: StripeScene = {
    fake,
    clock,
    provider,
    channel,
    async start(changes = {}) {
      serial += 1;
      const order = changes.order ?? orderOf({ number: `NUMBER${serial}` });
      const attempt = changes.attempt ?? attemptOf(`REFERENCE${serial}`, clock);
      const { payUrl, providerRef } = await provider.start({ ...inputOf(channel, order, attempt), ...changes });
      return { session: providerRef ?? '', attempt: { ...attempt, providerRef }, order, payUrl };
    },
    async read(event, how = {}) {
      const { secrets = [WEBHOOK_SECRET], apiVersion } = how;
      const signed = await fake.sign(event, secrets, apiVersion === undefined ? {} : { apiVersion });
      return provider.readCallback(how.channel ?? channel, rawCallback(signed, clock));
    },
    factsOf: async (type, how) => (await scene.read(await scene.eventOf(type), how)).facts,
    async eventOf(type) {
      const events = await fake.events([type]);
      const [event] = events;
      if (event === undefined || events.length > 1) throw new Error(`there are ${events.length} events ${type}`);
      return event.id;
    },
  };
  return scene;
}

export function channelAt(
  url: string,
  changes: { secretKey?: string; livemode?: boolean; webhookSecret?: string } = {},
): OpenChannel {
  const { secretKey = FAKE_STRIPE_KEY, livemode = false, webhookSecret = WEBHOOK_SECRET } = changes;
  return {
    id: 'chan_00000000000000000000000001' as ChannelId,
    name: 'intl',
    provider: 'stripe',
    livemode,
    allowPrivate: true,
    settings: { api_base: url },
    secrets: { secret_key: new Secret(secretKey), webhook_secret: new Secret(webhookSecret) },
  };
}

export function orderOf(changes: Partial<Order> = {}): Order {
  const now = fakeClock().now();
  return {
    id: 'ord_00000000000000000000000001' as OrderId,
    kind: 'topup',
    number: 'NUMBER0',
    userId: 'usr_00000000000000000000000001' as UserId,
    state: 'pending',
    amountMinor: 2_000,
    currency: 'USD',
    rate: '1',
    creditUsdMicros: 20_000_000 as UsdMicros,
    planVersionId: null,
    channelId: 'chan_00000000000000000000000001' as ChannelId,
    provider: 'stripe',
    method: '',
    createdAt: now,
    expiresAt: epochMs(now + HOUR_MS),
    paidAt: null,
    fulfilledAt: null,
    ...changes,
  };
}

let attempts = 0;

export function attemptOf(reference: string, clock: FakeClock): PaymentAttempt {
  attempts += 1;
  return {
    id: `pay_${String(attempts).padStart(26, '0')}` as PaymentId,
    orderId: 'ord_00000000000000000000000001' as OrderId,
    reference,
    providerRef: null,
    createdAt: clock.now(),
  };
}

export function inputOf(channel: OpenChannel, order: Order, attempt: PaymentAttempt): StartInput {
  return {
    channel,
    order,
    attempt,
    notifyUrl: 'https://realms.example/api/pay/stripe/webhook/intl',
    returnUrl: `https://realms.example/pay/topup/${order.number}`,
    payerIp: '203.0.113.7',
    renews: false,
  };
}

export function rawCallback({ headers, body }: SignedCallback, clock: FakeClock): RawCallback {
  return { method: 'POST', query: '', headers, body: Buffer.from(body), receivedAt: clock.now() };
}

import { createServer } from 'node:net';
import { createKey, createUserToken, type User } from '../../../core/identity/index.ts';
import { adjustBalance } from '../../../core/ledger/index.ts';
import { setPrice } from '../../../core/models/index.ts';
import { grantSubscription } from '../../../core/subscriptions/index.ts';
import { machineClock } from '../../../core/testing/fake-clock.ts';
import { type FakeEpay, startFakeEpay } from '../../../core/testing/fake-epay.ts';
import { FAKE_STRIPE_KEY, type FakeStripe, startFakeStripe } from '../../../core/testing/fake-stripe.ts';
import { BUSINESS, openChannelOf, openEpay, openPlan } from '../account-scene.ts';
import { type BootedDaemon, bootDaemon } from '../boot-daemon.ts';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { OPENING_BALANCE, PLAN_MULTIPLIER_PPM, PLAN_PRICE_MINOR, RATES, WINDOW_LIMIT } from './prices.ts';

export const MODEL = 'priced-model';
export const PLAN = 'pro';
export const EPAY_CHANNEL = 'cn';
export const STRIPE_CHANNEL = 'intl';
const SIGNER = 'whsec_0123456789abcdef';
/** Below the ports that outgoing calls get, or one of them could have ours while nobody listens there. */
const PORTS = { from: 20_000, count: 10_000, tries: 50 } as const;

export interface Customer {
  readonly user: User;
  /** Of an API key. */
  readonly key: string;
  /** For the account. */
  readonly token: string;
}

/**
 * A business with everything that it needs but its daemon, which is to be started again and again: the settings and the
 * database for it, and the world around it, which outlasts every daemon.
 */
export interface PaidShop {
  readonly boot: BootedDaemon;
  /** Of every daemon: the port is always the same, so that callbacks find the next one. */
  readonly url: string;
  readonly upstream: FakeUpstream;
  readonly gateway: FakeEpay;
  readonly stripe: FakeStripe;
  /** Pays from the balance. */
  readonly alice: Customer;
  /** Has a plan and no balance. */
  readonly bob: Customer;
  close(): Promise<void>;
}

export async function openPaidShop(): Promise<PaidShop> {
  const listen = `127.0.0.1:${await freePort()}`;
  const gateway = await startFakeEpay();
  // What is signed is signed now: the daemon lives in real time.
  const stripe = await startFakeStripe({ clock: machineClock() });
  const upstream = await startFakeUpstream();
  const boot = await bootDaemon({ settings: { ...BUSINESS, 'server.listen': listen } });
  boot.adopt(upstream);
  const supplier = await boot.addUpstream('main', `${upstream.url}/v1`, ['sk-upstream']);
  const model = await boot.addModel(MODEL, [supplier]);
  await boot.change((ctx) => setPrice(ctx, model.id, { standard: RATES }));
  await openEpay(boot, EPAY_CHANNEL, gateway);
  const channel = await openChannelOf(boot, {
    name: STRIPE_CHANNEL,
    provider: 'stripe',
    settings: { api_base: stripe.url },
    secrets: { secret_key: FAKE_STRIPE_KEY, webhook_secret: SIGNER },
  });
  const url = `http://${listen}`;
  await stripe.addEndpoint({ url: `${url}/api/pay/stripe/webhook/${channel.id}`, secrets: [SIGNER] });
  const alice = await addCustomer(boot, 'alice');
  const bob = await addCustomer(boot, 'bob');
  await giveBeginnings(boot, alice, bob);
  await boot.daemon.stop();
  return {
    ...{ boot, url, upstream, gateway, stripe, alice, bob },
    async close() {
      await boot.discard();
      await Promise.all([gateway.close(), stripe.close()]);
    },
  };
}

async function addCustomer(boot: BootedDaemon, name: string): Promise<Customer> {
  const user = await boot.addUser(name);
  return await boot.change(async (ctx) => {
    const key = await createKey(ctx, { userId: user.id, name: 'main' });
    const token = await createUserToken(ctx, { userId: user.id });
    return { user, key: key.text.reveal(), token: token.text.reveal() };
  });
}

/** A balance for the one; for the other a plan with windows, which every purchase makes a day longer. */
async function giveBeginnings(boot: BootedDaemon, alice: Customer, bob: Customer): Promise<void> {
  const plan = await openPlan(boot, {
    code: PLAN,
    priceMinor: PLAN_PRICE_MINOR,
    duration: { count: 1, unit: 'day' },
    windowLimits: { '5h': WINDOW_LIMIT, '1d': WINDOW_LIMIT, '7d': WINDOW_LIMIT, '30d': WINDOW_LIMIT },
    multiplierPpm: PLAN_MULTIPLIER_PPM,
    onRepurchase: 'extend',
    allowsOverage: false,
  });
  await boot.change(async (ctx) => {
    await adjustBalance(ctx, {
      userId: alice.user.id,
      amountUsdMicros: OPENING_BALANCE,
      reason: 'opening',
      actor: 'test',
    });
    const grant = { userId: bob.user.id, planVersionId: plan.version.id, source: 'grant:opening' };
    await grantSubscription(ctx, { ...grant, at: ctx.clock.now() });
  });
}

async function freePort(): Promise<number> {
  for (let i = 0; i < PORTS.tries; i++) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

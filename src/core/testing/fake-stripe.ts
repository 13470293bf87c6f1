import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { ApiDoor } from './fake-stripe/api-door.ts';
import { ApiFaults } from './fake-stripe/api-faults.ts';
import { Billing } from './fake-stripe/billing.ts';
import { Books } from './fake-stripe/books.ts';
import { Checkout, type PayHow } from './fake-stripe/checkout.ts';
import { Reversals } from './fake-stripe/reversals.ts';
import { type StripeControls, stripeControls } from './fake-stripe/stripe-controls.ts';
import { StripeRefusal } from './fake-stripe/stripe-refusal.ts';
import { WebhookPost } from './fake-stripe/webhook-post.ts';

export type { ApiFault } from './fake-stripe/api-faults.ts';
export type { PayHow } from './fake-stripe/checkout.ts';
export type { CallbackFault, SignedCallback } from './fake-stripe/signed-callback.ts';
export type { EventNote, MoneyTaken, RecordedCall, StripeControls } from './fake-stripe/stripe-controls.ts';
export type { DeliverOptions, Delivery } from './fake-stripe/webhook-post.ts';

export const FAKE_STRIPE_KEY = 'sk_test_51FakeStripeAccountKey';
export const FAKE_STRIPE_VERSION = '2026-10-28.endive';

export interface FakeStripeOptions {
  /** A free one unless given. */
  readonly port?: number;
  /** Stands still until it is turned; give the product's own, so that both live at the same time. */
  readonly clock?: FakeClock;
  readonly livemode?: boolean;
  readonly secretKeys?: readonly string[];
  /** Of the account: for calls that name none, and for endpoints. */
  readonly apiVersion?: string;
  /** Sends what happens to the endpoints at once; what is not taken goes out again when the clock is turned. */
  readonly autoDeliver?: boolean;
}

export interface FakeStripe extends StripeControls {
  readonly url: string;
  readonly clock: FakeClock;
  close(): Promise<void>;
}

/**
 * A Stripe account as a real HTTP server on a loopback port, with everything that belongs to it: `/v1/…` is the API,
 * `/pay/<session>` is the payer's page (POST `how=card|delayed|declined`), `/_fake/<verb>` takes the verbs of
 * StripeControls with a JSON list of arguments.
 */
export async function startFakeStripe(options: FakeStripeOptions = {}): Promise<FakeStripe> {
  const { clock = fakeClock(), livemode = false, apiVersion = FAKE_STRIPE_VERSION } = options;
  const { secretKeys = [FAKE_STRIPE_KEY], autoDeliver = false } = options;
  let url = '';
  const books = new Books({ clock, livemode, apiVersion, seed: randomBytes(4).toString('hex') });
  const billing = new Billing(books);
  const checkout = new Checkout(books, billing, () => url);
  const reversals = new Reversals(books);
  const post = new WebhookPost(books, () => clock.now());
  const faults = new ApiFaults();
  books.onEvent = (event) => post.take(event);
  const door = new ApiDoor({ books, checkout, billing, reversals, faults, clock, secretKeys, apiVersion });
  const rooms = {
    books,
    checkout,
    billing,
    reversals,
    post,
    faults,
    clock,
    apiVersion,
    calls: door.calls,
    autoDeliver,
  };
  const controls = stripeControls(rooms);

  async function take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const path = incoming.url ?? '/';
    if (path.startsWith('/v1/')) door.take(incoming, body, response);
    else if (path.startsWith('/pay/')) await servePage(controls, incoming, body, response);
    else if (path.startsWith('/_fake/')) await serveControl(controls, path, body, response);
    else sendJson(response, 404, { error: { message: 'nothing is here' } });
    // Refunds and cancellations by the API are told as well.
    if (autoDeliver) await post.deliverDue();
  }

  const server = createServer((incoming, response) => {
    take(incoming, response).catch((error) => sendJson(response, 500, { error: { message: String(error) } }));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake Stripe listens on no port');
  url = `http://127.0.0.1:${address.port}`;

  return {
    ...controls,
    url,
    clock,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function servePage(controls: StripeControls, incoming: IncomingMessage, body: string, response: ServerResponse) {
  const session = (incoming.url ?? '').split('/').at(-1) ?? '';
  try {
    const how = new URLSearchParams(body).get('how') ?? 'card';
    if (incoming.method === 'POST') await controls.pay(session, how as PayHow);
    sendJson(response, 200, await controls.read(session));
  } catch (error) {
    sendJson(response, 409, { error: { message: String(error) } });
  }
}

async function serveControl(controls: StripeControls, path: string, body: string, response: ServerResponse) {
  const verb = path.split('/').at(-1) ?? '';
  const control = Object.hasOwn(controls, verb) ? controls[verb as keyof StripeControls] : undefined;
  if (control === undefined) return sendJson(response, 404, { error: { message: `there is no ${verb}` } });
  try {
    const result = await (control as (...given: unknown[]) => Promise<unknown>)(...JSON.parse(body));
    sendJson(response, 200, { result: result ?? null });
  } catch (error) {
    const status = error instanceof StripeRefusal ? error.status : 400;
    sendJson(response, status, { error: { message: String(error) } });
  }
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

import { Failure } from '../../core/failure.ts';
import { type CallbackAnswer, type RawCallback, receiveCallback, receiveOrderPaid } from '../../core/payments/index.ts';
import { epochMs } from '../../core/time.ts';
import type { AccountAnswer, AccountInput, AccountRoute } from './account-route.ts';
import { errorAnswer } from './answers.ts';
import { readRaw } from './read-fields.ts';

/** Where providers tell what happened. Each call says who it is by its signature, which the provider's room checks. */
export const webhookRoutes: readonly AccountRoute[] = [
  webhook('POST', '/api/pay/stripe/webhook/:channel', 'stripe'),
  webhook('POST', '/api/pay/stripe/webhook', 'stripe'),
  webhook('GET', '/api/pay/epay/notify/:channel', 'epay'),
  webhook('POST', '/api/pay/epay/notify/:channel', 'epay'),
  webhook('GET', '/api/pay/epay/notify', 'epay'),
  webhook('POST', '/api/pay/epay/notify', 'epay'),
  { method: 'POST', path: '/api/webhooks/subscription-orders/:id/paid', owner: 'billing', answer: orderPaid },
];

/** Stripe's events may hold whole objects with their parts. */
const BODY_MAX_BYTES = 1024 * 1024;

function webhook(method: 'GET' | 'POST', path: string, provider: 'stripe' | 'epay'): AccountRoute {
  return {
    method,
    path,
    owner: 'billing',
    // A GET is a notification like any other; HEAD must not be taken for one.
    answersHead: false,
    answer: async (input) => {
      const channel = input.params['channel'] ?? null;
      const raw = await rawOf(input, method);
      return await answered(() => receiveCallback(input.house.cashier, { provider, channel }, raw));
    },
  };
}

async function orderPaid(input: AccountInput): Promise<AccountAnswer> {
  const raw = await rawOf(input, 'POST');
  return await answered(() => receiveOrderPaid(input.house.cashier, input.params['id'] ?? '', raw));
}

async function rawOf(input: AccountInput, method: 'GET' | 'POST'): Promise<RawCallback> {
  const { req, query, house } = input;
  const headers = Object.entries(req.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return {
    method,
    query,
    headers: Object.fromEntries(headers),
    // The bytes as they came: signatures are about them.
    body: method === 'GET' ? Buffer.alloc(0) : await readRaw(input, BODY_MAX_BYTES),
    receivedAt: epochMs(house.ctx.clock.now()),
  };
}

async function answered(receive: () => Promise<CallbackAnswer>): Promise<AccountAnswer> {
  try {
    const { status, body } = await receive();
    return { kind: 'text', status, text: body };
  } catch (error) {
    if (error instanceof Failure && error.code === 'not_found') return NOBODY;
    throw error;
  }
}

/** It repeats nothing of the call: a gateway looks for its word of thanks anywhere in an answer. */
const NOBODY = errorAnswer(404, { code: 'not_found', message: 'Nobody here takes calls on this path.' });

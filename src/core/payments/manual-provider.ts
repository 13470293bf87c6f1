import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { isCurrency, parseAmount } from '../orders/index.ts';
import { MINUTE_MS, SECOND_MS } from '../time.ts';
import type { CallbackReading, OpenChannel, PaymentProvider, RawCallback, StartInput } from './provider.ts';
import { secretLines } from './provider.ts';

/** Money that comes by another way: root says so, or whoever has the channel's secret. */
export const MANUAL = 'manual';

const TOLERANCE_MS = 5 * MINUTE_MS;
const BODY_MAX_BYTES = 16_384;
const SECRET_MIN_CHARS = 16;

const paidBody = z.strictObject({
  order: z.string().regex(/^[0-9a-z]{26}$/),
  payment_ref: z.string().regex(/^[\x21-\x7e]{1,128}$/),
  amount: z.string().max(40),
  currency: z.string().max(3),
});

/**
 * The setting `url` says payers how to pay. With the secret `webhook_secret` another system can say that an order was
 * paid: `realms-timestamp` in seconds, and `realms-signature: v1=` with the hex HMAC-SHA256 of `<timestamp>.<body>`.
 */
export function manualProvider(): PaymentProvider {
  return {
    name: MANUAL,
    form: { checkSettings, checkSecrets, requiredSecrets: [], optionalSecrets: ['webhook_secret'] },
    answers: { accepted: { status: 200, body: 'ok' }, refused: { status: 400, body: 'refused' } },
    currencies: null,
    start: async ({ channel, returnUrl }: StartInput) => {
      const url = channel.settings['url'];
      return { payUrl: typeof url === 'string' ? url : returnUrl, qrText: null, providerRef: null };
    },
    readCallback: async (channel, callback) => readPaid(channel, callback),
    // Whoever could be asked is a person.
    query: async () => ({ state: 'pending', facts: [] }),
    refund: async () => ({ state: 'succeeded', refundRef: null }),
    findRefund: async () => ({ state: 'succeeded', refundRef: null }),
  };
}

function checkSettings(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { url, ...unknown } = settings;
  const [odd] = Object.keys(unknown);
  if (odd !== undefined) throw refuseInput(odd, `a manual channel has no setting "${odd.slice(0, 40)}"`);
  if (url === undefined || url === '') return {};
  if (typeof url === 'string' && /^https?:\/\//i.test(url) && url.length <= 2_048 && URL.canParse(url)) return { url };
  throw refuseInput('url', 'the address that says how to pay is not an http(s) address');
}

function checkSecrets(_settings: unknown, secrets: OpenChannel['secrets']): undefined {
  const secret = secrets['webhook_secret'];
  if (secret && secretLines(secret).some((line) => line.reveal().length < SECRET_MIN_CHARS)) {
    throw refuseInput('webhook_secret', `a webhook secret has at least ${SECRET_MIN_CHARS} characters`);
  }
}

function readPaid(channel: OpenChannel, callback: RawCallback): CallbackReading {
  checkSignature(channel, callback);
  const body = parseBody(callback.body);
  if (!isCurrency(body.currency)) throw refuse('its currency is not known');
  const amountMinor = parseAmount(body.amount, body.currency);
  const { order: reference, payment_ref: paymentRef, currency } = body;
  return {
    eventKey: `${paymentRef}:paid`,
    type: 'paid',
    facts: [{ kind: 'paid', reference, paymentRef, amountMinor, currency, method: '', subscriptionRef: null }],
    shown: JSON.stringify(body),
  };
}

function checkSignature({ secrets }: OpenChannel, { headers, body, receivedAt }: RawCallback): void {
  const secret = secrets['webhook_secret'];
  if (!secret) throw refuse('the channel has no webhook secret');
  const timestamp = headers['realms-timestamp'] ?? '';
  if (!/^\d{1,12}$/.test(timestamp)) throw refuse('it has no timestamp');
  if (Math.abs(receivedAt - Number(timestamp) * SECOND_MS) > TOLERANCE_MS) throw refuse('it was not signed just now');
  if (body.length > BODY_MAX_BYTES) throw refuse('it is too large');
  const [, hex = ''] = /^v1=([0-9a-f]{64})$/.exec(headers['realms-signature'] ?? '') ?? [];
  const given = Buffer.from(hex, 'hex');
  const isSigned = secretLines(secret).some((line) => {
    const expected = createHmac('sha256', line.reveal()).update(`${timestamp}.`).update(body).digest();
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!isSigned) throw refuse('its signature does not match');
}

function parseBody(body: Buffer): z.output<typeof paidBody> {
  try {
    return paidBody.parse(JSON.parse(body.toString('utf8')));
  } catch (error) {
    throw refuse('its body is not {"order", "payment_ref", "amount", "currency"}', error);
  }
}

function refuse(why: string, cause?: unknown): Failure {
  return new Failure('forbidden', `the callback is not authentic: ${why}`, cause);
}

function refuseInput(param: string, message: string): Failure {
  return new Failure('invalid_input', { message, param });
}

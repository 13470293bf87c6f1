import type { Stripe } from 'stripe';
import { Failure } from '../../failure.ts';
import { SECOND_MS } from '../../time.ts';
import type { OpenChannel, RawCallback } from '../provider.ts';
import { webhookSecretsOf } from './channel-form.ts';
import { type Json, objectOf } from './stripe-json.ts';

/** How far the clock of a callback may be off, either way. Never 0: the package takes that for "any age". */
const TOLERANCE_SECONDS = 300;

/**
 * Proves that the callback was signed with one of the channel's secrets within the last minutes, and gives the event.
 * The package accepts signatures from the future, so the time is checked here as well.
 * @throws Failure forbidden, or invalid_input for a signed body that is no event
 */
export function verifyCallback(stripe: typeof Stripe, channel: OpenChannel, callback: RawCallback): Json {
  if (callback.method !== 'POST') throw forbidden('a callback of Stripe is a POST');
  const header = callback.headers['stripe-signature'] ?? '';
  const ageSeconds = Math.floor(callback.receivedAt / SECOND_MS) - signedAt(header);
  if (Math.abs(ageSeconds) > TOLERANCE_SECONDS) throw forbidden('the signature is too old or from the future');
  const secrets = webhookSecretsOf(channel);
  if (!secrets.some((secret) => isSignedWith(stripe, callback, header, secret))) {
    throw forbidden('the signature fits no webhook secret of this channel');
  }
  return parseEvent(callback.body);
}

/** Seconds since 1970. A header has exactly one time, or it means several things. */
function signedAt(header: string): number {
  const times = header
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part.startsWith('t='));
  const [time = ''] = times;
  if (times.length !== 1 || !/^t=\d{1,12}$/.test(time)) throw forbidden('the callback is not signed');
  return Number(time.slice(2));
}

function isSignedWith(stripe: typeof Stripe, callback: RawCallback, header: string, secret: string): boolean {
  try {
    const { webhooks } = stripe;
    const { body, receivedAt } = callback;
    return webhooks.signature?.verifyHeader(body, header, secret, TOLERANCE_SECONDS, undefined, receivedAt) ?? false;
  } catch {
    return false;
  }
}

function parseEvent(body: Buffer): Json {
  const event = objectOf(parseJson(body));
  if (event['object'] !== 'event') throw new Failure('invalid_input', 'the callback is signed but holds no event');
  return event;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new Failure('invalid_input', 'the callback is signed but is no JSON', error);
  }
}

function forbidden(message: string): Failure {
  return new Failure('forbidden', message);
}

import { Failure } from '../../failure.ts';
import { ADDRESS_DENIED } from '../../outbound.ts';
import type { OpenChannel } from '../provider.ts';
import { objectOf, textOf, wholeOf } from './stripe-json.ts';

/** What the payer can do something about. */
const AMOUNT_CODES = new Set(['amount_too_small', 'amount_too_large']);

/** Runs calls to Stripe. @throws Failure upstream_failed for what the package throws, or invalid_input about an amount. */
export async function askStripe<T>(channel: OpenChannel, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof Failure ? error : stripeFailure(channel, error);
  }
}

/** True when Stripe has no such object. */
export function isMissing(error: unknown): boolean {
  return objectOf(error)['code'] === 'resource_missing' || objectOf(error)['statusCode'] === 404;
}

/**
 * True unless it is certain that Stripe did nothing. A try before the last may have arrived, so that even a refused
 * connection proves nothing.
 */
export function isUncertain(error: unknown): boolean {
  if (codeOf(error) === ADDRESS_DENIED) return false;
  const status = wholeOf(objectOf(error)['statusCode']);
  const isIdempotency = objectOf(error)['rawType'] === 'idempotency_error' || status === 409;
  return status === null || status >= 500 || status < 400 || isIdempotency;
}

/** One sentence without secrets. */
export function sayStripeError(error: unknown): string {
  const status = wholeOf(objectOf(error)['statusCode']);
  if (status === 401) return 'Stripe does not know the secret key';
  if (status === 403) return 'Stripe does not allow this to the secret key';
  if (status === null) return `Stripe cannot be reached (${codeOf(error) ?? 'no answer'})`;
  const message = textOf(objectOf(error)['message']) ?? 'no reason given';
  // Stripe shows parts of a key in some messages.
  return `Stripe answered ${status}: ${message.replace(/\b(?:[srp]k|whsec)_[\w*]+/g, '[redacted]')}`;
}

function stripeFailure(channel: OpenChannel, error: unknown): Failure {
  if (AMOUNT_CODES.has(textOf(objectOf(error)['code']) ?? '')) {
    return new Failure('invalid_input', { message: sayStripeError(error), param: 'amount' });
  }
  if (codeOf(error) === ADDRESS_DENIED) {
    return new Failure('upstream_failed', {
      message: `the API of payment channel ${channel.name} stands at a private address, which it may not use`,
      hint: `allow it with: realms pay channel edit ${channel.name} --allow-private`,
    });
  }
  return new Failure('upstream_failed', `payment channel ${channel.name}: ${sayStripeError(error)}`);
}

/** The network's own code, wherever in the causes it stands. */
function codeOf(error: unknown): string | null {
  const { code, cause, detail } = objectOf(error);
  if (cause !== undefined || detail !== undefined) return codeOf(cause ?? detail) ?? textOf(code);
  return textOf(code);
}

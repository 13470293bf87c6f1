import { createHmac } from 'node:crypto';
import { MINUTE_MS, SECOND_MS } from '../../time.ts';
import type { Shape } from './api-shape.ts';

/** How a callback is spoilt. */
export type CallbackFault =
  /** Signed by somebody who does not know the secret. */
  | 'forged'
  /** Changed on the way, after it was signed. */
  | 'tampered'
  | 'unsigned'
  /** Signed with nothing, in the hope that the receiver has nothing either. */
  | 'empty_secret'
  /** Signed under a scheme that is for tests only. */
  | 'old_scheme'
  /** Well signed, but six minutes ago. */
  | 'stale'
  /** Well signed, six minutes from now. */
  | 'future'
  /** Well signed, of the other mode. */
  | 'wrong_livemode'
  /** Well signed, but no JSON. */
  | 'garbage'
  /** Two times in one header. */
  | 'two_times';

export interface SignedCallback {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const OFF_MS = 6 * MINUTE_MS;

/** Signs an event as Stripe does: `t=<seconds>,v1=<HMAC-SHA256 of "t.body">`, one v1 for each secret. */
export function signCallback(
  event: Shape,
  secrets: readonly string[],
  nowMs: number,
  fault?: CallbackFault,
): SignedCallback {
  const shown = fault === 'wrong_livemode' ? { ...event, livemode: event['livemode'] !== true } : event;
  const body = fault === 'garbage' ? '{"object": "event", ' : JSON.stringify(shown, null, 2);
  const offMs = fault === 'stale' ? -OFF_MS : fault === 'future' ? OFF_MS : 0;
  const seconds = Math.floor((nowMs + offMs) / SECOND_MS);
  const sent = fault === 'tampered' ? body.replace(/"amount(?:_total|_paid)?": \d+/, '"amount_total": 99999999') : body;
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
  };
  if (fault === 'unsigned') return { headers, body: sent };
  const scheme = fault === 'old_scheme' ? 'v0' : 'v1';
  const marks = signers(secrets, fault).map((secret) => `${scheme}=${hmac(secret, `${seconds}.${body}`)}`);
  const times = fault === 'two_times' ? `t=${seconds},t=${seconds}` : `t=${seconds}`;
  return { headers: { ...headers, 'stripe-signature': [times, ...marks].join(',') }, body: sent };
}

function signers(secrets: readonly string[], fault: CallbackFault | undefined): readonly string[] {
  if (fault === 'forged') return ['whsec_of_somebody_else'];
  return fault === 'empty_secret' ? [''] : secrets;
}

function hmac(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

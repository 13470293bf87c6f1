import type { Stripe } from 'stripe';
import { type OutboundFetch, outboundFetch } from '../../outbound.ts';
import type { Clock } from '../../time.ts';
import { isPrivateAddress } from '../../upstreams/index.ts';
import type { OpenChannel } from '../provider.ts';
import { apiBaseOf } from './channel-form.ts';

/** Webhooks are signed for the version of their endpoint; everything that is asked for comes in this one. */
const STRIPE_API_VERSION = '2026-10-28.endive';

export interface StripeLimits {
  /** For one try, from the connection to the last byte. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Each with the idempotency key of the first try. */
  readonly retriesMax: number;
  readonly connectionsMax: number;
  readonly answerMaxBytes: number;
  /** Objects that are read of one list before the answer counts as unknown. */
  readonly listMax: number;
}

export const STRIPE_LIMITS: StripeLimits = {
  timeoutMs: 10_000,
  connectTimeoutMs: 5_000,
  retriesMax: 1,
  connectionsMax: 16,
  answerMaxBytes: 8 * 1024 * 1024,
  listMax: 5_000,
};

/** One channel with its door to Stripe open. */
export interface StripeDesk {
  readonly channel: OpenChannel;
  readonly stripe: Stripe;
  readonly clock: Clock;
  readonly listMax: number;
}

/** The package is heavy, so that it is read only once there is a channel that needs it. */
export async function loadStripe(): Promise<typeof Stripe> {
  return (await import('stripe')).default;
}

/** Opens channels; connections are shared by all that have the same permission. */
export function stripeDesks(clock: Clock, limits: StripeLimits): (channel: OpenChannel) => Promise<StripeDesk> {
  const { connectTimeoutMs } = limits;
  const publicFetch = outboundFetch({ isAllowedAddress: (ip) => !isPrivateAddress(ip), connectTimeoutMs }, limits);
  const anyFetch = outboundFetch({ isAllowedAddress: () => true, connectTimeoutMs }, limits);
  return async (channel) => {
    const module = await loadStripe();
    let stripe: Stripe | undefined;
    return {
      channel,
      clock,
      listMax: limits.listMax,
      // Made only for whoever asks: a callback that is forged costs no more than its signature.
      get stripe() {
        stripe ??= openStripe(module, channel, limits, channel.allowPrivate ? anyFetch : publicFetch);
        return stripe;
      },
    };
  };
}

function openStripe(module: typeof Stripe, channel: OpenChannel, limits: StripeLimits, fetch: OutboundFetch): Stripe {
  const { protocol, hostname, port } = apiBaseOf(channel);
  const isPlain = protocol === 'http:';
  return new module(channel.secrets['secret_key']?.reveal().trim() ?? '', {
    apiVersion: STRIPE_API_VERSION,
    host: hostname,
    port: port || (isPlain ? 80 : 443),
    protocol: isPlain ? 'http' : 'https',
    timeout: limits.timeoutMs,
    maxNetworkRetries: limits.retriesMax,
    telemetry: false,
    httpClient: module.createFetchHttpClient(fetch as unknown as Parameters<typeof module.createFetchHttpClient>[0]),
  });
}

import type { Config } from '../config/index.ts';
import { type ExchangeRates, type LatePolicy, parseRates } from '../orders/index.ts';

/** What the operator decides about orders and their payments. */
export interface BillingSettings {
  /** @throws Failure invalid_input when they are set to something that cannot be understood. */
  readonly rates: ExchangeRates;
  readonly topupMinUsdMicros: number;
  readonly topupMaxUsdMicros: number;
  /** How long an order waits for its payment. */
  readonly orderTtlMs: number;
  readonly latePayment: LatePolicy;
}

export function billingSettings(config: Config): BillingSettings {
  return {
    // Only when something is sold: a rate that cannot be understood must not keep a payment from being taken.
    get rates() {
      return parseRates(config['billing.topup_rates']);
    },
    topupMinUsdMicros: config['billing.topup_min_usd_micros'],
    topupMaxUsdMicros: config['billing.topup_max_usd_micros'],
    orderTtlMs: config['billing.order_ttl_ms'],
    latePayment: config['billing.late_payment'],
  };
}

/**
 * Where the world reaches this Realms, without a slash at the end: what providers call back and payers return to. Never
 * taken from a request, whose Host header anybody can write.
 */
export function publicBaseUrl(config: Config, fallback: string): string {
  return (config['site.base_url'] || fallback).replace(/\/+$/, '');
}

import type { UsdMicros } from '../../../core/money.ts';
import type { UsageEvent } from '../../../core/usage/index.ts';

// Every answer of an endpoint uses the same, so that what a request costs is known beforehand, whoever runs it.

export const ENDPOINTS = ['/v1/chat/completions', '/v1/responses'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** Micro-dollars for a million tokens: ten for a token of input, forty for one of output. */
export const RATES = { input: 10_000_000, output: 40_000_000 } as never;
export const USAGE = {
  '/v1/chat/completions': { input: 11, output: 7 },
  '/v1/responses': { input: 20, output: 9 },
} as const;
const LIST_PRICE: Readonly<Record<string, number>> = { '/v1/chat/completions': 390, '/v1/responses': 560 };
export const PLAN_MULTIPLIER_PPM = 500_000;

/** What a request of that endpoint is charged to that kind of payer. */
export function chargeOf(endpoint: string, payerKind: UsageEvent['payment']['payerKind']): number {
  const listed = LIST_PRICE[endpoint] ?? 0;
  return payerKind === 'subscription' ? (listed * PLAN_MULTIPLIER_PPM) / 1_000_000 : listed;
}

/** What Alice has before anything happens. */
export const OPENING_BALANCE = 1_000_000_000 as UsdMicros;
/** In each window of Bob's plan. */
export const WINDOW_LIMIT = 1_000_000_000 as UsdMicros;
export const PLAN_PRICE_MINOR = 200;
/** Yuan for a dollar, in tenths. */
const TENTHS_OF_YUAN = 72n;

/** What a top-up is worth: one US dollar is one, the yuan goes by its rate, and fractions are the house's. */
export function worthOfTopup(amountMinor: number, currency: string): number {
  const micros = BigInt(amountMinor) * 10_000n;
  return Number(currency === 'CNY' ? (micros * 10n) / TENTHS_OF_YUAN : micros);
}

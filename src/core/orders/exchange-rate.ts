import { exponentOf, isCurrency, stepOf } from '../currency.ts';
import { Failure } from '../failure.ts';
import { invariant } from '../invariant.ts';
import type { UsdMicros } from '../money.ts';

/** Units of each currency for one US dollar, as exact decimal texts. */
export type ExchangeRates = ReadonlyMap<string, string>;

const MICROS_PER_USD = 1_000_000n;

/** Reads `USD=1`, `CNY=7.2`. @throws Failure invalid_input on an unknown currency, a rate of nothing, or two for one. */
export function parseRates(entries: readonly string[]): ExchangeRates {
  const rates = new Map<string, string>();
  for (const entry of entries) {
    const [, currency = '', rate = ''] = /^([A-Z]{3})=(\d{1,9}(?:\.\d{1,9})?)$/.exec(entry) ?? [];
    if (!isCurrency(currency) || scaled(rate).value === 0n || rates.has(currency)) {
      throw new Failure('invalid_input', {
        message: `"${entry.slice(0, 40)}" is not a rate`,
        hint: 'write each currency once, as units for one dollar: USD=1, CNY=7.2',
        param: 'billing.topup_rates',
      });
    }
    rates.set(currency, rate);
  }
  return rates;
}

/** @throws Failure invalid_input when no rate is set for the currency: nothing can be bought with it. */
export function rateOf(rates: ExchangeRates, currency: string): string {
  const rate = rates.get(currency);
  if (rate !== undefined) return rate;
  throw new Failure('invalid_input', {
    message: `${currency} is not taken here`,
    hint: `it may be one of ${[...rates.keys()].join(', ') || 'none at present'}`,
    param: 'currency',
  });
}

/** What an amount is worth in micro-dollars at a rate; what does not make a whole one is not given. */
export function worthOf(amountMinor: number, currency: string, rate: string): UsdMicros {
  const { value, scale } = scaled(rate);
  const worth = (BigInt(amountMinor) * MICROS_PER_USD * scale) / (unitsOf(currency) * value);
  invariant(worth <= BigInt(Number.MAX_SAFE_INTEGER), 'an order is worth what a number holds');
  return Number(worth) as UsdMicros;
}

/** The amount of another currency that is worth at least as much: rounded up to what can be paid. */
export function convertAmount(
  amountMinor: number,
  from: { readonly currency: string; readonly rate: string },
  to: { readonly currency: string; readonly rate: string },
): number {
  const [fromRate, toRate] = [scaled(from.rate), scaled(to.rate)];
  const step = BigInt(stepOf(to.currency));
  const top = BigInt(amountMinor) * unitsOf(to.currency) * toRate.value * fromRate.scale;
  const bottom = unitsOf(from.currency) * fromRate.value * toRate.scale * step;
  return Number(((top + bottom - 1n) / bottom) * step);
}

function unitsOf(currency: string): bigint {
  return 10n ** BigInt(exponentOf(currency));
}

/** "7.2" as 72 tenths. */
function scaled(rate: string): { readonly value: bigint; readonly scale: bigint } {
  const [whole = '', decimals = ''] = rate.split('.');
  return { value: BigInt(`${whole}${decimals}`), scale: 10n ** BigInt(decimals.length) };
}

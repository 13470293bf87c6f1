import { Failure } from '../../failure.ts';

/**
 * The currencies that Stripe takes. MGA is left out: its smallest unit is not the same for Stripe and for ISO 4217.
 * Source: docs.stripe.com/currencies.
 */
export const STRIPE_CURRENCIES: readonly string[] = `
  AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP CNY COP CRC
  CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD JOD JPY
  KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK
  NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TND TOP
  TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW`
  .trim()
  .split(/\s+/);

/** Whole units everywhere else, but sent to Stripe with two decimals that must be 00. */
const SENT_WITH_TWO_DECIMALS = new Set(['ISK', 'UGX']);
const TWO_DECIMALS = 100;
/** Three decimals, of which the last must be 0. */
const LAST_DIGIT_ZERO = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND']);
/** Stripe takes eight digits. */
const AMOUNT_MAX = 99_999_999;

export interface StripeAmount {
  readonly amount: number;
  /** Lower case, as Stripe writes it. */
  readonly currency: string;
}

/**
 * An amount in the currency's smallest unit (ISO 4217), as Stripe wants it.
 * @throws Failure invalid_input when Stripe cannot take this amount or currency.
 */
export function toStripeAmount(amountMinor: number, currency: string): StripeAmount {
  const refuse = (message: string) => new Failure('invalid_input', { message, param: 'amount' });
  if (!STRIPE_CURRENCIES.includes(currency)) throw refuse(`Stripe does not take ${currency}`);
  if (!Number.isSafeInteger(amountMinor) || amountMinor <= 0) throw refuse('the amount is not a positive number');
  if (LAST_DIGIT_ZERO.has(currency) && amountMinor % 10 !== 0) {
    throw refuse(`Stripe takes ${currency} with two decimals only`);
  }
  const amount = SENT_WITH_TWO_DECIMALS.has(currency) ? amountMinor * TWO_DECIMALS : amountMinor;
  if (amount > AMOUNT_MAX) throw refuse('the amount is more than Stripe takes at once');
  return { amount, currency: currency.toLowerCase() };
}

export interface MinorAmount {
  readonly amountMinor: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
}

/** The way back; null for what is no amount of money. A currency that is not taken is read all the same. */
export function fromStripeAmount(amount: unknown, currency: unknown): MinorAmount | null {
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount < 0) return null;
  if (typeof currency !== 'string' || !/^[a-z]{3}$/i.test(currency)) return null;
  const code = currency.toUpperCase();
  if (!SENT_WITH_TWO_DECIMALS.has(code)) return { amountMinor: amount, currency: code };
  return amount % TWO_DECIMALS === 0 ? { amountMinor: amount / TWO_DECIMALS, currency: code } : null;
}

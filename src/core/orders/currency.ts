import { Failure } from '../failure.ts';

const ZERO_DECIMALS = 'BIF CLP DJF GNF ISK JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF';
const THREE_DECIMALS = 'BHD IQD JOD KWD LYD OMR TND';
const TWO_DECIMALS =
  'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC ' +
  'CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES ' +
  'KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD ' +
  'PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP ' +
  'TRY TTD TWD TZS UAH USD UYU UZS VES WST YER ZAR ZMW ZWG';

/** Digits behind the point, as payment providers count them; ISO 4217 but for MGA, which nobody splits in fifths. */
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...ZERO_DECIMALS.split(' ').map((code) => [code, 0] as const),
  ...TWO_DECIMALS.split(' ').map((code) => [code, 2] as const),
  ...THREE_DECIMALS.split(' ').map((code) => [code, 3] as const),
]);

/** Enough for every price; far below what a number holds exactly. */
const AMOUNT_MAX_MINOR = 1_000_000_000_000;

/** @throws Failure invalid_input when the text is no currency (ISO 4217, upper case) that is known here. */
export function exponentOf(currency: string): number {
  const exponent = EXPONENTS.get(currency);
  if (exponent !== undefined) return exponent;
  throw new Failure('invalid_input', {
    message: `"${currency.slice(0, 10)}" is not a currency that is known here`,
    hint: 'write its ISO 4217 code in capitals, like CNY',
    param: 'currency',
  });
}

export function isCurrency(text: string): boolean {
  return EXPONENTS.has(text);
}

/** Reads "20.00" or "20" exactly. @throws Failure invalid_input on signs, exponents, too many decimals, and on nothing. */
export function parseAmount(text: string, currency: string): number {
  const exponent = exponentOf(currency);
  const match = /^(0|[1-9]\d{0,12})(?:\.(\d{1,3}))?$/.exec(text);
  const decimals = match?.[2] ?? '';
  if (!match || decimals.length > exponent) throw notAnAmount(text, currency, exponent);
  const minor = Number(`${match[1]}${decimals.padEnd(exponent, '0')}`);
  if (minor <= 0 || minor > AMOUNT_MAX_MINOR) {
    throw new Failure('invalid_input', { message: `${text} ${currency} is not an amount to pay`, param: 'amount' });
  }
  if (minor % stepOf(currency) !== 0) throw notAnAmount(text, currency, exponent - 1);
  return minor;
}

/** "20.00", with as many decimals as the currency has. */
export function formatAmount(minor: number, currency: string): string {
  const exponent = exponentOf(currency);
  if (exponent === 0) return String(minor);
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0');
  return `${minor < 0 ? '-' : ''}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** The smallest part that can be paid: providers take three-decimal currencies only in tens of their smallest unit. */
export function stepOf(currency: string): number {
  return exponentOf(currency) === 3 ? 10 : 1;
}

function notAnAmount(text: string, currency: string, decimals: number): Failure {
  return new Failure('invalid_input', {
    message: `"${text.slice(0, 40)}" is not an amount in ${currency}`,
    hint:
      decimals === 0 ? 'write it like 20, without decimals' : `write it like 20.5, with at most ${decimals} decimals`,
    param: 'amount',
  });
}

import { Failure } from './failure.ts';

// Money of the outside world: whole numbers of a currency's smallest unit, as payment providers count them.

const ZERO_DECIMALS = 'BIF CLP DJF GNF ISK JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF';
const THREE_DECIMALS = 'BHD IQD JOD KWD LYD OMR TND';
const TWO_DECIMALS =
  'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC ' +
  'CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES ' +
  'KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD ' +
  'PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP ' +
  'TRY TTD TWD TZS UAH USD UYU UZS VES WST YER ZAR ZMW ZWG';

/** Digits behind the point: ISO 4217 but for MGA, which nobody splits in fifths. */
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...ZERO_DECIMALS.split(' ').map((code) => [code, 0] as const),
  ...TWO_DECIMALS.split(' ').map((code) => [code, 2] as const),
  ...THREE_DECIMALS.split(' ').map((code) => [code, 3] as const),
]);

/** Enough for every price; far below what a number holds exactly. */
export const AMOUNT_MAX_MINOR = 1_000_000_000_000;

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

/** The smallest part that can be paid: providers take three-decimal currencies only in tens of their smallest unit. */
export function stepOf(currency: string): number {
  return exponentOf(currency) === 3 ? 10 : 1;
}

/** Reads a price, "20.00" or "20", exactly. @throws Failure invalid_input on signs, exponents and too many decimals. */
export function parsePrice(text: string, currency: string): number {
  const exponent = exponentOf(currency);
  const [, whole, decimals = ''] = /^(0|[1-9]\d{0,12})(?:\.(\d{1,3}))?$/.exec(text) ?? [];
  if (whole === undefined || decimals.length > exponent) throw notAPrice(text, currency);
  return checkPrice(Number(`${whole}${decimals.padEnd(exponent, '0')}`), currency);
}

/** @throws Failure invalid_input unless the price, in the smallest unit, can be paid; nothing at all is a price too. */
export function checkPrice(minor: number, currency: string): number {
  const isPayable = Number.isSafeInteger(minor) && minor >= 0 && minor <= AMOUNT_MAX_MINOR;
  if (isPayable && minor % stepOf(currency) === 0) return minor;
  throw notAPrice(formatMinor(minor, currency), currency);
}

/** "20.00", with as many decimals as the currency has. */
export function formatMinor(minor: number, currency: string): string {
  const exponent = exponentOf(currency);
  if (exponent === 0) return String(minor);
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0');
  return `${minor < 0 ? '-' : ''}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

function notAPrice(text: string, currency: string): Failure {
  const decimals = exponentOf(currency) - (stepOf(currency) === 1 ? 0 : 1);
  return new Failure('invalid_input', {
    message: `"${text.slice(0, 40)}" is not a price in ${currency}`,
    hint:
      decimals === 0 ? 'write it like 20, without decimals' : `write it like 20.50, with at most ${decimals} decimals`,
    param: 'price',
  });
}

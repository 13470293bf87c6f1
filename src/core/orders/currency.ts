import { AMOUNT_MAX_MINOR, exponentOf, stepOf } from '../currency.ts';
import { Failure } from '../failure.ts';

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

function notAnAmount(text: string, currency: string, decimals: number): Failure {
  return new Failure('invalid_input', {
    message: `"${text.slice(0, 40)}" is not an amount in ${currency}`,
    hint:
      decimals === 0 ? 'write it like 20, without decimals' : `write it like 20.5, with at most ${decimals} decimals`,
    param: 'amount',
  });
}

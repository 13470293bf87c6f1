import type { MicrosPerMillion } from '../money.ts';
import { isRate } from './rates.ts';

const DECIMAL = /^(\d{1,30})(?:\.(\d{1,60}))?(?:[eE]([+-]?\d{1,3}))?$/;
/** Dollars for one token × 10^6 tokens × 10^6 micros. */
const SHIFT = 12;

/**
 * Dollars for one token, as a decimal ("1.25e-06"), in micros for a million tokens. Digit by digit, so that no binary
 * fraction rounds on the way; what is below one micro is rounded half up. Undefined when it is no such number.
 */
export function microsPerMillion(decimal: string): MicrosPerMillion | undefined {
  const [, whole, fraction = '', exponent = '0'] = DECIMAL.exec(decimal.trim()) ?? [];
  if (whole === undefined) return undefined;
  const digits = BigInt(whole + fraction);
  const power = Number(exponent) - fraction.length + SHIFT;
  // 10^-60 of anything that fits in 90 digits rounds to nothing; the bound keeps the powers small.
  if (power > 60) return digits === 0n ? (0 as MicrosPerMillion) : undefined;
  const micros = Number(power >= 0 ? digits * 10n ** BigInt(power) : divideHalfUp(digits, 10n ** BigInt(-power)));
  return isRate(micros) ? micros : undefined;
}

function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}

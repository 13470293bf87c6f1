import { Failure } from './failure.ts';

/** Whole micro-dollars: 1 USD = 1,000,000. Safe as a number up to 9 billion USD. */
export type UsdMicros = number & { readonly __brand: 'UsdMicros' };
/** Micro-dollars for a million tokens; equally pico-dollars for one token. */
export type MicrosPerMillion = number & { readonly __brand: 'MicrosPerMillion' };

const MICRO_DIGITS = 6;
const PICOS_PER_MICRO = 1_000_000;
const MULTIPLIER_ONE_PPM = 1_000_000;
const TOKEN_COST_UNIT = BigInt(PICOS_PER_MICRO) * BigInt(MULTIPLIER_ONE_PPM) * BigInt(MULTIPLIER_ONE_PPM);

/**
 * Reads a decimal amount of dollars ("1.25", "-0.000001") exactly.
 * @throws Failure invalid_input on anything else, also on more than six decimals: rounding money is never silent.
 */
export function parseUsd(text: string): UsdMicros {
  const match = /^(-?)(\d{1,10})(?:\.(\d{1,6}))?$/.exec(text.trim());
  if (!match) {
    throw new Failure('invalid_input', {
      message: `"${text}" is not an amount in dollars`,
      hint: 'write it like 1.25, with at most six decimals',
    });
  }
  const [, sign, whole = '0', decimals = ''] = match;
  const micros = BigInt(whole) * 1_000_000n + BigInt(decimals.padEnd(MICRO_DIGITS, '0'));
  if (micros > BigInt(Number.MAX_SAFE_INTEGER)) throw new Failure('invalid_input', `"${text}" is too large`);
  return Number(sign === '-' ? -micros : micros) as UsdMicros;
}

/** The shortest exact decimal form of an amount: "1.25", "0.000001", "-3". Sums that a number does not hold are BigInt. */
export function formatUsd(micros: number | bigint): string {
  const digits = String(micros < 0 ? -micros : micros).padStart(MICRO_DIGITS + 1, '0');
  const whole = digits.slice(0, -MICRO_DIGITS);
  const decimals = digits.slice(-MICRO_DIGITS).replace(/0+$/, '');
  return `${micros < 0 ? '-' : ''}${whole}${decimals ? `.${decimals}` : ''}`;
}

/**
 * Sums `tokens × price` over all lines, applies the multipliers of the group and of the payer (parts per million) and
 * rounds once, half up. Integer throughout: numbers while every product is exact, BigInt beyond.
 */
export function tokenCost(
  lines: readonly { readonly tokens: number; readonly price: MicrosPerMillion }[],
  multiplierPpm: number = MULTIPLIER_ONE_PPM,
  payerMultiplierPpm: number = MULTIPLIER_ONE_PPM,
): UsdMicros {
  let picos = 0;
  for (const line of lines) picos += line.tokens * line.price;
  const isSafe = picos <= Number.MAX_SAFE_INTEGER - PICOS_PER_MICRO;
  if (isSafe && multiplierPpm === MULTIPLIER_ONE_PPM && payerMultiplierPpm === MULTIPLIER_ONE_PPM) {
    return Math.floor((picos + PICOS_PER_MICRO / 2) / PICOS_PER_MICRO) as UsdMicros;
  }
  // No term is negative, so a sum that came out safe had none that was rounded.
  const exactPicos = isSafe
    ? BigInt(picos)
    : lines.reduce((sum, line) => sum + BigInt(line.tokens) * BigInt(line.price), 0n);
  const factor = BigInt(multiplierPpm) * BigInt(payerMultiplierPpm);
  return Number((exactPicos * factor + TOKEN_COST_UNIT / 2n) / TOKEN_COST_UNIT) as UsdMicros;
}

/** `amount × multiplier`, rounded up: what must be there before something runs must not be a fraction too little. */
export function multipliedUp(amount: number, multiplierPpm: number): UsdMicros {
  if (multiplierPpm === MULTIPLIER_ONE_PPM) return amount as UsdMicros;
  const product = amount * multiplierPpm;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.ceil(product / MULTIPLIER_ONE_PPM) as UsdMicros;
  const one = BigInt(MULTIPLIER_ONE_PPM);
  return Number((BigInt(amount) * BigInt(multiplierPpm) + one - 1n) / one) as UsdMicros;
}

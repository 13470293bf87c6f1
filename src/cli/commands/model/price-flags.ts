import type { BodyOf, setModelPrice } from '../../../core/contract/index.ts';
import { given } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import { usd, whole } from '../../flags.ts';

type PriceInput = BodyOf<typeof setModelPrice>;

/** Rates in dollars for a million tokens. `--output` is a rate here; the form of the result stays `-o`. */
export const PRICE_FLAGS = {
  input: usd('price of a million input tokens'),
  cachedInput: usd('price of a million cached input tokens; as --input unless given'),
  cacheWrite5m: usd('price of a million tokens cached for 5 minutes; as --input unless given'),
  cacheWrite1h: usd('price of a million tokens cached for 1 hour; as --cache-write-5m unless given'),
  output: usd('price of a million output tokens'),
  priorityInput: usd('the same for the priority tier'),
  priorityCachedInput: usd('the same for the priority tier'),
  priorityOutput: usd('the same for the priority tier'),
  aboveTokens: whole('N', 'requests with more input tokens have prices of their own'),
  aboveInput: usd('price of input for such requests'),
  aboveCachedInput: usd('price of cached input for such requests'),
  aboveOutput: usd('price of output for such requests'),
};

type PriceFlags = { readonly [Name in keyof typeof PRICE_FLAGS]: string | number | undefined } & {
  readonly aboveTokens: number | undefined;
};

/** Undefined when no price was given at all. */
export function readPrices(flags: PriceFlags): PriceInput | undefined {
  const standard = readRates(flags, ['input', 'output'], {
    input: flags.input,
    cached_input: flags.cachedInput,
    cache_write_5m: flags.cacheWrite5m,
    cache_write_1h: flags.cacheWrite1h,
    output: flags.output,
  });
  const priority = readRates(flags, ['priorityInput', 'priorityOutput'], {
    input: flags.priorityInput,
    cached_input: flags.priorityCachedInput,
    output: flags.priorityOutput,
  });
  const above = readRates(flags, ['aboveTokens', 'aboveInput', 'aboveOutput'], {
    input: flags.aboveInput,
    cached_input: flags.aboveCachedInput,
    output: flags.aboveOutput,
  });
  const hasAbove = above !== undefined || flags.aboveTokens !== undefined;
  if (standard === undefined) {
    if (priority !== undefined || hasAbove) throw wrongUsage('prices of a tier need --input and --output too');
    return undefined;
  }
  if (hasAbove && (above === undefined || flags.aboveTokens === undefined)) {
    throw wrongUsage('--above-tokens, --above-input and --above-output belong together');
  }
  const highContext =
    above === undefined || flags.aboveTokens === undefined ? undefined : { above_tokens: flags.aboveTokens, ...above };
  return { ...standard, ...given({ priority, high_context: highContext }) };
}

function readRates(
  flags: PriceFlags,
  needed: readonly (keyof PriceFlags)[],
  rates: Readonly<Record<string, string | number | undefined>>,
): { input: string; output: string } | undefined {
  const found = given(rates);
  if (Object.keys(found).length === 0) return undefined;
  if (needed.some((name) => flags[name] === undefined)) {
    const names = needed.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    throw wrongUsage(`${names.join(' and ')} belong together`);
  }
  return found as { input: string; output: string };
}

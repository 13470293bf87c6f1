import fc from 'fast-check';
import type { Feature, Hints, OutputFormat, Sampling } from '../form/index.ts';
import { jsonObject, orNull, words } from './texts.ts';

export function anySampling(lacks: ReadonlySet<Feature>): fc.Arbitrary<Sampling> {
  const number = fc.double({ min: 0, max: 2, noNaN: true }).map((value) => Math.round(value * 100) / 100);
  const unless = <T>(feature: Feature, value: fc.Arbitrary<T>) =>
    lacks.has(feature) ? fc.constant(null) : orNull(value);
  return fc.record({
    maxOutputTokens: unless('maxOutputTokens', fc.integer({ min: 1, max: 200_000 })),
    temperature: unless('temperature', number),
    topP: unless('topP', number),
    topK: unless('topK', fc.nat(100)),
    stop: lacks.has('stop') ? fc.constant([]) : fc.array(words(), { maxLength: 3 }),
    seed: unless('seed', fc.maxSafeInteger()),
    presencePenalty: unless('presencePenalty', number),
    frequencyPenalty: unless('frequencyPenalty', number),
  });
}

export function anyFormat(): fc.Arbitrary<OutputFormat> {
  return fc.oneof(
    fc.record({ kind: fc.constant('json') }),
    fc.record({
      kind: fc.constant('schema'),
      name: fc.stringMatching(/^[a-z_]{1,8}$/),
      description: orNull(words()),
      schema: jsonObject(),
      strict: orNull(fc.boolean()),
    }),
  );
}

export function anyHints(): fc.Arbitrary<Hints> {
  return fc.record({
    cacheKey: orNull(words()),
    endUser: orNull(words()),
    serviceTier: orNull(fc.constantFrom('auto', 'default', 'flex', 'priority', 'standard_only')),
    metadata: orNull(fc.dictionary(fc.string({ maxLength: 4 }), words(), { maxKeys: 2 })),
  });
}

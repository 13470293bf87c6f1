import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RequestId } from '../ids.ts';
import type { EpochMs } from '../time.ts';
import type { Decision } from './decision.ts';
import { packDecision, unpackDecision } from './decision-text.ts';

const text = fc.string({ maxLength: 40 });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
const candidate = fc.oneof(
  fc.record({ name: text, removed: text }),
  fc.record({ name: text, score: fc.integer() }),
  fc.record({ name: text }),
);
const attempt = fc.record({
  candidates: fc.array(candidate, { maxLength: 5 }),
  omitted: fc.nat(),
  chosen: maybe(text),
  startedMs: fc.nat(),
  tookMs: fc.nat(),
  status: maybe(fc.nat(599)),
  verdict: text,
  errorCode: maybe(text),
  cooldown: maybe(fc.record({ scope: text, until: fc.nat(), source: text, reason: text })),
});
const decision: fc.Arbitrary<Decision> = fc.record({
  id: fc.constant('req_0' as RequestId),
  at: fc.nat().map((at) => at as EpochMs),
  model: fc.record({ asked: text, resolved: text, via: fc.constantFrom('id', 'alias', 'passthrough') }),
  ladder: fc.array(text, { maxLength: 3 }),
  sticky: maybe(
    fc.record({
      kind: fc.constantFrom('hard', 'soft'),
      source: text,
      credential: maybe(text),
      outcome: fc.constantFrom('none', 'followed', 'left'),
    }),
  ),
  attempts: fc.array(attempt, { maxLength: 3 }),
  quota: fc.record({ payer: text, settled: text }),
  refusal: maybe(fc.record({ code: text, message: text })),
  disconnect: maybe(text),
});

test('what is packed comes back whole', () => {
  fc.assert(
    fc.property(decision, (value) => {
      expect(unpackDecision(value.id, packDecision(value))).toEqual(value);
    }),
  );
});

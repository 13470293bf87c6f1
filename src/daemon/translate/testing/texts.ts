import fc from 'fast-check';
import type { Json } from '../form/index.ts';
import { overTheWire } from './canonical.ts';

const ODD = ['', ' ', '\n\n', 'data: x\n\n', '\ud83d', '\ude00', '\u2028', '\u0000', '__proto__', '"', '[DONE]'];

/** Words of any kind, and what often breaks framings. */
export function words(): fc.Arbitrary<string> {
  return fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom(...ODD));
}

export function saidWords(): fc.Arbitrary<string> {
  return words().map((text) => text || 'x');
}

/** Names of tools as clients have them: some that every provider takes, and some that none does. */
export function toolName(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.stringMatching(/^[a-z_][a-zA-Z0-9_-]{0,12}$/),
    fc.constantFrom('mcp.server/tool', 'x'.repeat(80), 'wetter für morgen', '7days', 'a b', '__proto__', 'constructor'),
  );
}

/** Arguments are text: these would not survive being read as numbers. */
export function toolInput(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom('{"id":9007199254740993}', '{}', '{"a": {"__proto__": 1}}', '{"x":"\\ud800"}'),
    words(),
  );
}

export function jsonObject(): fc.Arbitrary<Json> {
  const odd = fc.constant(JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}') as Json);
  const any = fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
  return fc.oneof(odd, any).map((value) => overTheWire(value) as Json);
}

export function orNull<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(arbitrary, { nil: null, freq: 2 });
}

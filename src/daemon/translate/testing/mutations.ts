import fc from 'fast-check';

/** Where in a value something is replaced, and by what. Names and places are chosen by number, so any value will do. */
export interface Mutation {
  readonly steps: readonly number[];
  readonly value: unknown;
}

const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e300,
  2 ** 53,
  '',
  'x',
  '\ud800',
  [],
  {},
  [null],
  [[]],
  ['x'],
  { type: 'text' },
  { type: '__proto__' },
  JSON.parse('{"__proto__":{"type":"text"},"constructor":1}'),
  { length: 3 },
];

export function mutations(): fc.Arbitrary<readonly Mutation[]> {
  const value = fc.oneof(fc.constantFrom(...ODD), fc.jsonValue({ maxDepth: 2 }));
  return fc.array(fc.record({ steps: fc.array(fc.nat(30), { minLength: 1, maxLength: 6 }), value }), {
    minLength: 1,
    maxLength: 3,
  });
}

/** The value with one thing in it replaced. */
export function mutate(value: unknown, { steps, value: odd }: Mutation): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof value !== 'object' || value === null) return odd;
  const names = Object.keys(value);
  const name = names[step % Math.max(names.length, 1)];
  if (name === undefined) return odd;
  const members = Object.entries(value).map(([key, member]) => [
    key,
    key === name ? mutate(member, { steps: rest, value: odd }) : member,
  ]);
  return Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

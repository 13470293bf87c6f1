import { Console } from 'node:console';
import { PassThrough } from 'node:stream';
import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret, secretHint } from './secret.ts';

const CANARY = 'sk-canary-5f1d0c9b7a42';
const secret = new Secret(CANARY);
const nested = {
  credential: { name: 'c', secret, list: [secret], byKey: new Map([['k', secret]]), set: new Set([secret]) },
};

test('reveals its value to whoever asks by name', () => {
  expect(secret.reveal()).toBe(CANARY);
});

describe('never prints', () => {
  const printed: Record<string, () => string> = {
    String: () => String(secret),
    template: () => `${secret}`,
    concatenation: () => ['x', secret].reduce<string>((text, part) => text + part, ''),
    join: () => [secret, secret].join(),
    toLocaleString: () => secret.toLocaleString(),
    JSON: () => JSON.stringify({ secret, nested }),
    'JSON of an array': () => JSON.stringify([secret]),
    inspect: () => inspect(nested, { depth: 9, showHidden: true, getters: true }),
    'inspect without its own words': () => inspect(secret, { customInspect: false, showHidden: true }),
    spread: () => JSON.stringify({ ...secret }) + Object.keys(secret) + Object.getOwnPropertyNames(secret),
    'structured clone': () => inspect(structuredClone(secret)),
    error: () => inspect(new Error(`failed with ${secret}`, { cause: nested })),
    'console in every way': viaConsole,
  };

  test.each(Object.entries(printed))('%s', (_, print) => {
    const text = print();
    expect(text.length).toBeGreaterThan(0);
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain('canary');
  });

  test.each(['%s', '%d', '%i', '%f', '%j', '%o', '%O', '%c', '%'])('format %j', (directive) => {
    expect(format(`x ${directive}`, secret, nested)).not.toContain('canary');
  });
});

function viaConsole(): string {
  const stream = new PassThrough();
  const console = new Console(stream, stream);
  console.log(secret, nested);
  console.dir(nested, { depth: 9 });
  console.table([{ secret }]);
  console.error('%o %O %s', nested, nested, secret);
  return String(stream.read());
}

test('a hint shows head and tail, and never more than a third', () => {
  expect(secretHint(CANARY)).toBe('sk-…7a42');
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), (value) => {
      const shown = secretHint(value).replace('…', '').length;
      expect(shown).toBeLessThanOrEqual(7);
      expect(shown * 3).toBeLessThanOrEqual(value.length);
    }),
  );
});

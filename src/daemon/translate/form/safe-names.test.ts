import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toolName, words } from '../testing/texts.ts';
import { BARE_PROMPT } from '../testing/told.ts';
import { clientNames, safeCallId, safeName } from './index.ts';

const SAFE = /^[A-Za-z0-9_-]{1,64}$/;

describe('safe names', () => {
  test('are taken by every provider, and what is safe stays', () => {
    fc.assert(
      fc.property(fc.oneof(toolName(), words()), (name) => {
        expect(safeName(name)).toMatch(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/);
        expect(safeName(safeName(name))).toBe(safeName(name));
        expect(safeCallId(name)).toMatch(SAFE);
        if (SAFE.test(name)) expect(safeCallId(name)).toBe(name);
      }),
    );
  });

  test('different names stay different', () => {
    const names = ['a.b', 'a/b', 'a_b', `${'x'.repeat(70)}1`, `${'x'.repeat(70)}2`, '1', '_1', ''];
    expect(new Set(names.map(safeName)).size).toBe(names.length);
    expect(new Set(names.map(safeCallId)).size).toBe(names.length);
  });

  test('are given back as the client had them', () => {
    const tool = (name: string) =>
      ({ kind: 'function', name, description: null, parameters: null, strict: null }) as const;
    fc.assert(
      fc.property(fc.uniqueArray(toolName()), (names) => {
        const nameOf = clientNames({ ...BARE_PROMPT, tools: names.map(tool) });
        expect(names.map((name) => nameOf(safeName(name)))).toEqual(names);
        expect(nameOf('constructor')).toBe('constructor');
      }),
    );
  });
});

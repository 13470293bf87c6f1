import { describe, expect, test } from 'vitest';
import { FEATURES } from './form/index.ts';
import { translators } from './index.ts';
import { WIRES_UNDER_TEST } from './testing/wires.ts';

describe('the translators', () => {
  test('stand under the name of their wire and have a word for every feature', () => {
    for (const [wire, translator] of Object.entries(translators)) {
      expect(translator.wire).toBe(wire);
      expect(new Set(Object.keys(translator.fieldNames))).toEqual(new Set(FEATURES));
    }
  });

  test('are all tested by the properties of every wire', () => {
    expect(WIRES_UNDER_TEST.map(({ translator }) => translator)).toEqual(Object.values(translators));
  });
});

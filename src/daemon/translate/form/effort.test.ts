import { describe, expect, test } from 'vitest';
import { budgetOf, effortOf, type Reasoning } from './index.ts';

const UNSAID: Reasoning = { effort: null, budgetTokens: null, summary: null, wantsSeal: false };

describe('effort', () => {
  test('a budget is the least effort that has room for it, and high at most', () => {
    const words = [0, 1, 1024, 1025, 10_240, 31_999, 200_000].map((budgetTokens) =>
      effortOf({ ...UNSAID, budgetTokens }),
    );
    expect(words).toEqual(['none', 'minimal', 'minimal', 'low', 'medium', 'high', 'high']);
  });

  test('what the client said itself is not changed', () => {
    expect(effortOf({ ...UNSAID, effort: 'low', budgetTokens: 50_000 })).toBe('low');
    expect(budgetOf({ ...UNSAID, effort: 'low', budgetTokens: 50_000 })).toBe(50_000);
  });

  test('the budget of a word is one that gives the word back, up to high', () => {
    for (const effort of ['none', 'minimal', 'low', 'medium', 'high'] as const) {
      const budgetTokens = budgetOf({ ...UNSAID, effort });
      expect(effortOf({ ...UNSAID, budgetTokens })).toBe(effort);
    }
  });

  test('nothing said stays so', () => {
    expect([effortOf(null), budgetOf(null), effortOf(UNSAID), budgetOf(UNSAID)]).toEqual([null, null, null, null]);
  });
});

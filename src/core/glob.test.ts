import { describe, expect, test } from 'vitest';
import { isAmong, matchesGlob } from './glob.ts';

describe('matchesGlob', () => {
  test.each([
    ['gpt-*', 'gpt-5', true],
    ['gpt-*', 'gpt-', true],
    ['gpt-*', 'GPT-5', false],
    ['*', '', true],
    ['*mini', 'gpt-mini', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'acb', false],
    ['a*a', 'a', false],
    ['gpt.5', 'gptx5', false],
    ['exact', 'exactly', false],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(matchesGlob(pattern, name)).toBe(expected);
  });

  test('is quick on hostile input', () => {
    const started = performance.now();
    expect(matchesGlob(`${'*a'.repeat(100)}b`, 'a'.repeat(256))).toBe(false);
    expect(performance.now() - started).toBeLessThan(100);
  });
});

test('an empty list lets everything through, any other only what one of it matches', () => {
  expect(isAmong([], 'gpt-x')).toBe(true);
  expect(isAmong(['claude-*', 'gpt-x'], 'gpt-x')).toBe(true);
  expect(isAmong(['claude-*', 'gpt-x'], 'gpt-xy')).toBe(false);
});

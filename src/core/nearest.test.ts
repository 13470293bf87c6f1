import { expect, test } from 'vitest';
import { didYouMean, nearest } from './nearest.ts';

test.each([
  ['mian', ['main', 'other'], 'main'],
  ['relay.attemps_max', ['relay.attempts_max', 'relay.drain_max_ms'], 'relay.attempts_max'],
  ['GPT-4O', ['gpt-4o', 'gpt-4'], 'gpt-4o'],
  ['xy', ['ab', 'cd'], undefined],
  ['', ['a'], 'a'],
  ['completely-different', ['main'], undefined],
  ['main', [], undefined],
])('nearest to %j of %j is %j', (text, candidates, expected) => {
  expect(nearest(text, candidates)).toBe(expected);
});

test('a hint is there only when something is near', () => {
  expect(didYouMean('mian', ['main'])).toEqual({ hint: 'did you mean "main"?' });
  expect(didYouMean('zzzz', ['main'])).toEqual({});
});

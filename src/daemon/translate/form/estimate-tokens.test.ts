import { expect, test } from 'vitest';
import { promptOf } from '../testing/said-answer.ts';
import { estimateTokens } from './index.ts';

test('an estimate grows with words, and counts an image by the piece and not by its bytes', () => {
  const said = (text: string) => promptOf({ turns: [{ role: 'user', parts: [{ kind: 'text', text }] }] });
  const short = estimateTokens(said('hi'));
  expect(estimateTokens(said('word '.repeat(4000))) - short).toBeCloseTo(5000, -2);
  const image = (data: string) =>
    promptOf({
      turns: [
        {
          role: 'user',
          parts: [{ kind: 'image', source: { kind: 'base64', mediaType: 'image/png', data }, detail: null }],
        },
      ],
    });
  expect(estimateTokens(image('A'.repeat(1_000_000)))).toBe(estimateTokens(image('AAAA')));
  expect(estimateTokens(image('AAAA'))).toBeGreaterThan(1000);
});

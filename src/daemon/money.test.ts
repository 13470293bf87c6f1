import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MINUTE_MS } from '../core/time.ts';
import { liveThrough } from './testing/money/money-life.ts';
import { moneyStep } from './testing/money/money-step.ts';
import { WHOLE_LIFE, WHOLE_LIFE_SEES } from './testing/money/whole-life.ts';

/** Lives in a usual run. For a long one: REALMS_TEST_RUNS=50, and so many times more are lived. */
const LIVES = 25;
const TIMES = Number(process.env['REALMS_TEST_RUNS'] ?? 1);
/** To live through a failure again: the seed and the path that it was reported with. */
const SEED = process.env['REALMS_TEST_SEED'];
const PATH = process.env['REALMS_TEST_PATH'];
/** A failure is made smaller for so long, and then told as it is. */
const PATIENCE_MS = 10 * MINUTE_MS * TIMES;

test('one life in which everything happens agrees with the simple model', { timeout: PATIENCE_MS }, async () => {
  const seen = await liveThrough(WHOLE_LIFE);
  expect(WHOLE_LIFE_SEES.filter((what) => !seen.has(what))).toEqual([]);
});

test('whatever happens to money in whatever order, the books agree with the simple model', {
  timeout: PATIENCE_MS + MINUTE_MS,
}, async () => {
  const life = fc.array(moneyStep, { minLength: 30, maxLength: 90 });
  await fc.assert(
    fc.asyncProperty(life, async (steps) => void (await liveThrough(steps))),
    {
      numRuns: LIVES * TIMES,
      interruptAfterTimeLimit: PATIENCE_MS,
      markInterruptAsFailure: true,
      ...(SEED !== undefined && { seed: Number(SEED) }),
      ...(PATH !== undefined && { path: PATH }),
    },
  );
});

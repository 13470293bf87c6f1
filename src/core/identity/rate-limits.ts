import { Failure } from '../failure.ts';
import type { Patch } from '../patch.ts';
import { NO_LIMITS, type RateLimits } from './user.ts';

const LIMIT_MAX = 1_000_000_000;

/**
 * Lays the given limits over `before`.
 * @throws Failure invalid_input unless each is null or a whole number from 0.
 */
export function checkLimits(patch: Patch<RateLimits> = {}, before: RateLimits = NO_LIMITS): RateLimits {
  const { rpm = before.rpm, tpm = before.tpm, concurrency = before.concurrency } = patch;
  for (const [param, value] of Object.entries({ rpm, tpm, concurrency })) {
    if (value === null || (Number.isSafeInteger(value) && value >= 0 && value <= LIMIT_MAX)) continue;
    throw new Failure('invalid_input', {
      message: `the limit ${param} must be a whole number from 0 (unlimited) to ${LIMIT_MAX}`,
      param,
    });
  }
  return { rpm, tpm, concurrency };
}

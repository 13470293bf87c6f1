import type { Cashier } from '../../core/payments/index.ts';
import type { OpenQuota } from '../../core/quota/index.ts';
import { AttemptLimit } from '../attempt-limit.ts';
import type { RelayHouse } from '../relay/index.ts';
import type { AccountHouse } from './account-route.ts';

/** Guesses that one address has in a minute. */
const GUESSES_MAX = 20;
/** Wrong codes that one user, and one address, has in a minute. */
const WRONG_CODES_MAX = 10;

export function openAccountHouse({ ctx, live, queue }: RelayHouse, cashier: Cashier, quota: OpenQuota): AccountHouse {
  return {
    ctx,
    live,
    queue,
    cashier,
    giveBackIdle: (userId) => quota.giveBackIdle(userId),
    guesses: new AttemptLimit(ctx.clock, GUESSES_MAX),
    wrongCodes: new AttemptLimit(ctx.clock, WRONG_CODES_MAX),
  };
}

import type { RateLimits } from '../../core/identity/index.ts';
import type { Patch } from '../../core/patch.ts';

/** The limits that a body sets (a number) or lifts (null); what it does not name stays. */
export function limitsOf({ rpm, tpm, concurrency }: Patch<RateLimits>): Patch<RateLimits> {
  return { rpm, tpm, concurrency };
}

export function limitsView({ rpm, tpm, concurrency }: RateLimits): RateLimits {
  return { rpm, tpm, concurrency };
}

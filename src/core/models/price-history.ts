import type { EpochMs } from '../time.ts';
import type { Price } from './model.ts';

/** The version that counts at `at`, out of versions with the latest first; null before the first one. */
export function priceInForce(versions: readonly Price[], at: EpochMs): Price | null {
  return versions.find((version) => version.effectiveFrom <= at) ?? null;
}

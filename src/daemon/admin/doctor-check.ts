import type { z } from 'zod';
import type { checkView } from '../../core/contract/index.ts';

export type Check = z.output<typeof checkView>;
type Found = Omit<Check, 'name'>;

/** A check and its name; what it throws counts as its failure. */
export type NamedCheck = readonly [name: string, run: () => Promise<Found> | Found];

export function ok(detail: string): Found {
  return { state: 'ok', detail };
}

export function warn(detail: string, fix: string): Found {
  return { state: 'warn', detail, fix };
}

export function fail(detail: string, fix: string): Found {
  return { state: 'fail', detail, fix };
}

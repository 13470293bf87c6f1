import { limit } from '../flags.ts';
import type { Field } from '../render/answer.ts';
import { orNone } from '../render/cells.ts';

/** The three limits that users, keys and credentials have. */
export const LIMIT_FLAGS = {
  rpm: limit('requests a minute; none: the default applies'),
  tpm: limit('tokens a minute; none: the default applies'),
  concurrency: limit('requests at once; none: the default applies'),
};

interface Limits {
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly concurrency: number | null;
}

export function limitFields(limits: Limits): Field[] {
  return [
    ['requests/min', orNone(limits.rpm)],
    ['tokens/min', orNone(limits.tpm)],
    ['concurrency', orNone(limits.concurrency)],
  ];
}

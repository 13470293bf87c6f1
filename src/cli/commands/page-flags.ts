import { given } from '../command.ts';
import { text, whole } from '../flags.ts';

/** Flags of every list that comes in pages. */
export const PAGE_FLAGS = {
  limit: whole('N', 'items on the page'),
  cursor: text('CURSOR', 'go on where the page before ended'),
};

export function pageOf(flags: { limit: number | undefined; cursor: string | undefined }) {
  return given({ limit: flags.limit, cursor: flags.cursor });
}

import { Failure } from './failure.ts';
import { didYouMean } from './nearest.ts';

/** Stores hand over at most so many rows when neither id nor name is exact. */
export const REFS_MAX = 10_000;

/** An id prefix must go so far past its underscore; one letter that happens to be unique is a slip, not a choice. */
const PREFIX_MIN = 4;

export interface Ref {
  readonly id: string;
  readonly name: string;
}

/**
 * Finds what a person means by `ref`: an id, a name, or a unique beginning of an id (`usr_01jd0…`). An id wins over a name.
 * @throws Failure not_found with the nearest name; invalid_input when several are meant.
 */
export function pickByRef<T extends Ref>(noun: string, ref: string, rows: readonly T[]): T {
  const exact = rows.find((row) => row.id === ref);
  if (exact) return exact;
  const named = rows.filter((row) => row.name === ref);
  const found = named.length > 0 ? named : rows.filter((row) => isPrefix(ref, row.id));
  // One thing may have several names.
  const matches = [...new Map(found.map((row) => [row.id, row])).values()];
  const [only, second] = matches;
  if (only && second) {
    throw new Failure('invalid_input', {
      message: `"${ref}" means more than one ${noun}`,
      hint: `give the id: ${matches
        .slice(0, 5)
        .map((row) => row.id)
        .join(', ')}`,
    });
  }
  if (only) return only;
  throw notFound(
    noun,
    ref,
    rows.map((row) => row.name),
  );
}

/** The answer to a name that nothing has, with a suggestion when a near one exists. */
export function notFound(noun: string, ref: string, names: Iterable<string> = []): Failure {
  return new Failure('not_found', { message: `there is no ${noun} "${ref}"`, ...didYouMean(ref, names) });
}

function isPrefix(ref: string, id: string): boolean {
  return id.startsWith(ref) && ref.length >= id.indexOf('_') + 1 + PREFIX_MIN;
}

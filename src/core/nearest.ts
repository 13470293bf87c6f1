const CANDIDATES_MAX = 10_000;
const LENGTH_MAX = 200;

/** The candidate that is most likely meant by a mistyped `text`; undefined when none is near. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  const wanted = text.slice(0, LENGTH_MAX).toLowerCase();
  let bestDistance = distanceMax(wanted.length) + 1;
  let best: string | undefined;
  let seen = 0;
  for (const candidate of candidates) {
    if (++seen > CANDIDATES_MAX) break;
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance >= bestDistance) continue;
    bestDistance = distance;
    best = candidate;
  }
  return best;
}

/** `{hint: 'did you mean "x"?'}` or nothing, to be spread into the facts of a Failure. */
export function didYouMean(text: string, candidates: Iterable<string>): { readonly hint?: string } {
  const near = nearest(text, candidates);
  return near === undefined ? {} : { hint: `did you mean "${near}"?` };
}

/** A short word must not be taken for just any other; two letters that changed places count as two. */
function distanceMax(length: number): number {
  if (length < 4) return 1;
  return length < 9 ? 2 : 3;
}

/** Levenshtein: insertions, deletions and replacements of one letter. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}

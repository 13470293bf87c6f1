import { invariant } from '../../core/invariant.ts';
import type { Member, ScannedObject, Span } from './json-scan.ts';

/**
 * A change to a scanned body. `bytes` are the JSON text of the new value. `remove` takes all members of that name;
 * `insert` appends, so that the new member wins even over an unseen one of the same name.
 */
export type Edit =
  | { readonly do: 'replace'; readonly span: Span; readonly bytes: Buffer }
  | { readonly do: 'remove'; readonly member: Member }
  | { readonly do: 'insert'; readonly into: ScannedObject<string>; readonly name: string; readonly bytes: Buffer };

/**
 * Applies edits and returns the new body in pieces: unchanged stretches are views of `body`, so nothing of it is
 * copied. Edits may come in any order; overlapping ones are a defect of the caller and throw.
 */
export function splice(body: Buffer, edits: readonly Edit[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const cut of toCuts(edits)) {
    invariant(cut.start >= at && cut.end <= body.length, 'edits do not overlap');
    if (cut.start > at) pieces.push(body.subarray(at, cut.start));
    pieces.push(...cut.pieces);
    at = cut.end;
  }
  if (at < body.length) pieces.push(body.subarray(at));
  return pieces;
}

/**
 * The same with small neighbours joined, so that few pieces are left and none of the large ones was copied; `null` when
 * there is nothing to change.
 */
export function spliceToPieces(body: Buffer, edits: readonly Edit[], smallBytes: number): readonly Buffer[] | null {
  if (edits.length === 0) return null;
  const joined: Buffer[] = [];
  let small: Buffer[] = [];
  for (const piece of splice(body, edits)) {
    if (piece.length < smallBytes) {
      small.push(piece);
      continue;
    }
    if (small.length > 0) joined.push(Buffer.concat(small));
    small = [];
    joined.push(piece);
  }
  if (small.length > 0) joined.push(Buffer.concat(small));
  return joined;
}

/** The same in one buffer; the body itself when there is nothing to change. */
export function spliceToBuffer(body: Buffer, edits: readonly Edit[]): Buffer {
  return edits.length === 0 ? body : Buffer.concat(splice(body, edits));
}

interface Cut extends Span {
  readonly pieces: readonly Buffer[];
}

const COMMA = Buffer.from(',');

function toCuts(edits: readonly Edit[]): Cut[] {
  const cuts: Cut[] = [];
  const removed: Member[] = [];
  for (const edit of edits) {
    if (edit.do === 'replace') cuts.push({ start: edit.span.start, end: edit.span.end, pieces: [edit.bytes] });
    else if (edit.do === 'remove') {
      for (let twin: Member | undefined = edit.member; twin !== undefined; twin = twin.earlier) removed.push(twin);
    }
  }
  removed.sort((a, b) => a.keyStart - b.keyStart);
  addRemovals(removed, cuts);
  addInsertions(edits, removed, cuts);
  return cuts.sort((a, b) => a.start - b.start || a.end - b.end);
}

// Neighbours go in one cut: which comma goes with them depends on what remains on either side.
function addRemovals(removed: readonly Member[], cuts: Cut[]): void {
  for (let i = 0; i < removed.length; i++) {
    const first = removed[i] as Member;
    let last = first;
    for (let next = removed[i + 1]; next !== undefined && next.keyStart === last.nextStart; next = removed[i + 1]) {
      last = next;
      i++;
    }
    if (last.nextStart >= 0) cuts.push({ start: first.keyStart, end: last.nextStart, pieces: [] });
    else cuts.push({ start: first.previousEnd < 0 ? first.keyStart : first.previousEnd, end: last.end, pieces: [] });
  }
}

function addInsertions(edits: readonly Edit[], removed: readonly Member[], cuts: Cut[]): void {
  const sizes = new Map<number, number>();
  for (const edit of edits) {
    if (edit.do !== 'insert') continue;
    const { start, end, memberCount } = edit.into;
    const size = sizes.get(start) ?? memberCount - removed.filter((member) => member.objectStart === start).length;
    sizes.set(start, size + 1);
    const key = Buffer.from(`${JSON.stringify(edit.name)}:`);
    const pieces = size === 0 ? [key, edit.bytes] : [COMMA, key, edit.bytes];
    cuts.push({ start: end - 1, end: end - 1, pieces });
  }
}

import type { FieldTable } from './field-table.ts';
import {
  refuse,
  type ScanFault,
  type ScanWhy,
  skipCheckedString,
  skipColon,
  skipSpace,
  skipValue,
} from './json-skip.ts';

export type JsonKind = 'string' | 'number' | 'true' | 'false' | 'null' | 'object' | 'array';

/** Byte offsets into a body; `end` is behind the last byte. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One wanted member. As a Span it is its value (a string with its quotes); the rest serves json-splice. */
export interface Member extends Span {
  readonly kind: JsonKind;
  /** The opening quote of the key. */
  readonly keyStart: number;
  /** The opening brace of the object that holds it. */
  readonly objectStart: number;
  /** The end of the member before, or -1 for the first. */
  readonly previousEnd: number;
  /** The key of the member behind, or -1 for the last. */
  readonly nextStart: number;
  /** The member of the same name before this one, which JSON.parse forgets; undefined as a rule. */
  readonly earlier: Member | undefined;
}

/** A scanned object. As a Span it reaches from its opening brace to behind the closing one. */
export interface ScannedObject<Name extends string> extends Span {
  readonly ok: true;
  /** All members, wanted or not, duplicates included. */
  readonly memberCount: number;
  /** True when a wanted name was written more than once. */
  readonly hasDuplicates: boolean;
  get(name: Name): Member | undefined;
  /** Members that nobody asked for, in order; only where the table lists them. */
  readonly others: readonly Member[];
}

/** Why the bytes were refused, and at which byte. */
export interface RefusedScan {
  readonly ok: false;
  readonly at: number;
  readonly why: ScanWhy;
}

/**
 * Finds the wanted members of a JSON object in one pass, without making strings of it. `span` limits the scan to an
 * object within the body (a Member of kind object); without it the whole body must be one object.
 *
 * Accepts all that JSON.parse accepts as an object, and finds under each name what JSON.parse would find: the last of
 * several members, keys written with escapes too. Checked: structure, numbers and literals everywhere, keys and wanted
 * string values fully. Not checked: escapes and control characters within strings that are skipped, and UTF-8 (bytes
 * that are none count as U+FFFD, as they do for Buffer.toString). A byte order mark is refused, as by JSON.parse.
 * One exception: a wanted name written more than 16 times is refused, since every twin is kept.
 */
export function scanObject<Name extends string>(
  body: Buffer,
  wanted: FieldTable<Name>,
  span?: Span,
): ScannedObject<Name> | RefusedScan {
  const fault: ScanFault = { at: 0, why: 'truncated' };
  const limit = span?.end ?? body.length;
  const start = skipSpace(body, span?.start ?? 0, limit);
  const result = new Scanned(wanted, start);
  if (start >= limit) refuse(fault, limit, 'truncated');
  else if (body[start] !== OPEN_OBJECT) refuse(fault, start, 'not_an_object');
  else {
    const end = scanMembers(body, start + 1, limit, result, fault);
    const rest = end < 0 ? -1 : skipSpace(body, end, limit);
    if (rest === limit) {
      result.end = end;
      return result;
    }
    if (rest >= 0) refuse(fault, rest, 'trailing_bytes');
  }
  return { ok: false, at: fault.at, why: fault.why };
}

const TWINS_MAX = 16;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const QUOTE = 0x22;
const COMMA = 0x2c;

class Scanned<Name extends string> implements ScannedObject<Name> {
  readonly ok = true;
  end = 0;
  memberCount = 0;
  hasDuplicates = false;
  readonly wanted: FieldTable<Name>;
  readonly found: (FoundMember | undefined)[] = [];
  readonly others: FoundMember[] = [];
  readonly start: number;

  constructor(wanted: FieldTable<Name>, start: number) {
    this.wanted = wanted;
    this.start = start;
  }

  get(name: Name): Member | undefined {
    return this.found[this.wanted.indexOf(name)];
  }
}

class FoundMember implements Member {
  nextStart = -1;
  readonly earlier: FoundMember | undefined;
  readonly twins: number;
  readonly kind: JsonKind;
  readonly start: number;
  readonly end: number;
  readonly keyStart: number;
  readonly objectStart: number;
  readonly previousEnd: number;

  constructor(
    kind: JsonKind,
    start: number,
    end: number,
    keyStart: number,
    objectStart: number,
    previousEnd: number,
    twin: FoundMember | undefined,
  ) {
    this.kind = kind;
    this.start = start;
    this.end = end;
    this.keyStart = keyStart;
    this.objectStart = objectStart;
    this.previousEnd = previousEnd;
    this.earlier = twin;
    this.twins = twin === undefined ? 0 : twin.twins + 1;
  }
}

// From behind the opening brace to behind the closing one.
function scanMembers(body: Buffer, at: number, end: number, into: Scanned<string>, fault: ScanFault): number {
  let i = skipSpace(body, at, end);
  if (i < end && body[i] === CLOSE_OBJECT) return i + 1;
  let previousEnd = -1;
  let previous: FoundMember | undefined;
  for (;;) {
    if (i >= end) return refuse(fault, end, 'truncated');
    if (body[i] !== QUOTE) return refuse(fault, i, 'unexpected_byte');
    const keyStart = i;
    if (previous !== undefined) previous.nextStart = keyStart;
    const keyEnd = skipCheckedString(body, i + 1, end, fault);
    if (keyEnd < 0) return -1;
    i = skipColon(body, keyEnd, end, fault);
    if (i < 0) return -1;
    const start = skipSpace(body, i, end);
    const index = into.wanted.match(body, keyStart + 1, keyEnd - 1);
    const isCheckedString = index >= 0 && start < end && body[start] === QUOTE;
    i = isCheckedString ? skipCheckedString(body, start + 1, end, fault) : skipValue(body, start, end, fault);
    if (i < 0) return -1;
    into.memberCount++;
    previous = undefined;
    if (index < 0 && into.wanted.listsOthers) {
      previous = new FoundMember(kindOf(body[start] as number), start, i, keyStart, into.start, previousEnd, undefined);
      into.others.push(previous);
    }
    if (index >= 0) {
      previous = new FoundMember(
        kindOf(body[start] as number),
        start,
        i,
        keyStart,
        into.start,
        previousEnd,
        into.found[index],
      );
      if (previous.twins > 0) into.hasDuplicates = true;
      if (previous.twins > TWINS_MAX) return refuse(fault, keyStart, 'too_many_duplicates');
      into.found[index] = previous;
    }
    previousEnd = i;
    i = skipSpace(body, i, end);
    if (i >= end) return refuse(fault, end, 'truncated');
    if (body[i] === CLOSE_OBJECT) return i + 1;
    if (body[i] !== COMMA) return refuse(fault, i, 'unexpected_byte');
    i = skipSpace(body, i + 1, end);
  }
}

function kindOf(first: number): JsonKind {
  if (first === QUOTE) return 'string';
  if (first === OPEN_OBJECT) return 'object';
  if (first === 0x5b) return 'array';
  if (first === 0x74) return 'true';
  if (first === 0x66) return 'false';
  if (first === 0x6e) return 'null';
  return 'number';
}

/** Why a document was refused: `not_an_object` is sound JSON of another kind or none at all. */
export type ScanWhy =
  | 'not_an_object'
  | 'truncated'
  | 'unexpected_byte'
  | 'bad_string'
  | 'bad_number'
  | 'trailing_bytes'
  | 'too_many_duplicates';

/** Where a scan stands: an offset, or -1 after a fault, which is then told here. One for each scan, not for each value. */
export interface ScanFault {
  at: number;
  why: ScanWhy;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;

// A native search costs about 20 ns, as much as so many steps of a loop here; shorter strings are cheaper by loop.
const LOOP_BYTES = 8;
// Container kinds are kept as bits of a small integer; a full one moves to the spill list.
const BITS_PER_WORD = 30;

const VALUE = 0;
const VALUE_OR_CLOSE = 1;
const KEY = 2;
const KEY_OR_CLOSE = 3;
const AFTER_VALUE = 4;

/**
 * Returns the offset behind the JSON value that begins at `at`, or -1 with `fault` filled in. Structure, numbers and
 * literals are checked as RFC 8259 has them, at any depth and without recursion; strings are only delimited.
 */
export function skipValue(body: Buffer, at: number, end: number, fault: ScanFault): number {
  const first = at < end ? (body[at] as number) : -1;
  if (first === QUOTE) return skipString(body, at + 1, end, fault);
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return skipContainer(body, at, end, fault);
  return skipScalar(body, at, end, fault);
}

/** Returns the offset of the first byte at or after `at` that is not JSON white space; `end` when there is none. */
export function skipSpace(body: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end) {
    const byte = body[i] as number;
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
    i++;
  }
  return i;
}

/** Like skipString, and refuses what JSON.parse refuses in a string: raw control characters and unknown escapes. */
export function skipCheckedString(body: Buffer, at: number, end: number, fault: ScanFault): number {
  for (let i = at; i < end; i++) {
    const byte = body[i] as number;
    if (byte === QUOTE) return i + 1;
    if (byte < 0x20) return refuse(fault, i, 'bad_string');
    if (byte !== BACKSLASH) continue;
    i++;
    const escaped = i < end ? (body[i] as number) : -1;
    if (escaped === 0x75) {
      for (let digit = 0; digit < 4; digit++) {
        i++;
        if (i < end && !isHexDigit(body[i] as number)) return refuse(fault, i, 'bad_string');
      }
    } else if (escaped >= 0 && !isEscape(escaped)) return refuse(fault, i, 'bad_string');
  }
  return refuse(fault, end, 'truncated');
}

/** From behind a key to behind its colon. */
export function skipColon(body: Buffer, at: number, end: number, fault: ScanFault): number {
  const i = skipSpace(body, at, end);
  if (i >= end) return refuse(fault, end, 'truncated');
  return body[i] === COLON ? i + 1 : refuse(fault, i, 'unexpected_byte');
}

export function refuse(fault: ScanFault, at: number, why: ScanWhy): -1 {
  fault.at = at;
  fault.why = why;
  return -1;
}

// From behind the opening quote to behind the closing one. Escapes and control characters are not checked.
function skipString(body: Buffer, at: number, end: number, fault: ScanFault): number {
  let i = at;
  for (;;) {
    const loopEnd = Math.min(end, i + LOOP_BYTES);
    while (i < loopEnd) {
      const byte = body[i] as number;
      if (byte === QUOTE) return i + 1;
      i += byte === BACKSLASH ? 2 : 1;
    }
    if (i >= end) return refuse(fault, end, 'truncated');
    const from = i;
    const quote = body.indexOf(QUOTE, from);
    if (quote < 0 || quote >= end) return refuse(fault, end, 'truncated');
    i = quote;
    while (i > from && body[i - 1] === BACKSLASH) i--;
    if (((quote - i) & 1) === 0) return quote + 1;
    i = quote + 1;
  }
}

function skipContainer(body: Buffer, at: number, end: number, fault: ScanFault): number {
  let i = at;
  let state = VALUE;
  let depth = 0;
  let kinds = 0; // the lowest bit is the innermost container: 1 for an object
  let spill: number[] | undefined;
  for (;;) {
    i = skipSpace(body, i, end);
    if (i >= end) return refuse(fault, end, 'truncated');
    const byte = body[i] as number;
    if (state === AFTER_VALUE && byte === COMMA) {
      state = (kinds & 1) === 1 ? KEY : VALUE;
      i++;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      const opened = (kinds & 1) === 1 ? CLOSE_OBJECT : CLOSE_ARRAY;
      if (byte !== opened || state === VALUE || state === KEY) return refuse(fault, i, 'unexpected_byte');
      i++;
      depth--;
      if (depth === 0) return i;
      kinds = depth % BITS_PER_WORD === 0 ? (spill?.pop() ?? 0) : kinds >>> 1;
      state = AFTER_VALUE;
    } else if (state === KEY || state === KEY_OR_CLOSE) {
      if (byte !== QUOTE) return refuse(fault, i, 'unexpected_byte');
      i = skipString(body, i + 1, end, fault);
      if (i < 0) return -1;
      i = skipColon(body, i, end, fault);
      if (i < 0) return -1;
      state = VALUE;
    } else if (state === AFTER_VALUE) {
      return refuse(fault, i, 'unexpected_byte');
    } else if (byte === QUOTE) {
      i = skipString(body, i + 1, end, fault);
      if (i < 0) return -1;
      state = AFTER_VALUE;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      const bit = byte === OPEN_OBJECT ? 1 : 0;
      if (depth > 0 && depth % BITS_PER_WORD === 0) {
        spill ??= [];
        spill.push(kinds);
        kinds = bit;
      } else kinds = (kinds << 1) | bit;
      depth++;
      i++;
      state = bit === 1 ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
    } else {
      i = skipScalar(body, i, end, fault);
      if (i < 0) return -1;
      state = AFTER_VALUE;
    }
  }
}

function skipScalar(body: Buffer, at: number, end: number, fault: ScanFault): number {
  if (at >= end) return refuse(fault, end, 'truncated');
  const first = body[at] as number;
  if (first === MINUS || isDigit(first)) return skipNumber(body, at, end, fault);
  if (first === 0x74) return skipLiteral(body, at, end, 'true', fault);
  if (first === 0x66) return skipLiteral(body, at, end, 'false', fault);
  if (first === 0x6e) return skipLiteral(body, at, end, 'null', fault);
  return refuse(fault, at, 'unexpected_byte');
}

function skipLiteral(body: Buffer, at: number, end: number, word: string, fault: ScanFault): number {
  for (let k = 1; k < word.length; k++) {
    if (at + k >= end) return refuse(fault, end, 'truncated');
    if (body[at + k] !== word.charCodeAt(k)) return refuse(fault, at + k, 'unexpected_byte');
  }
  return at + word.length;
}

function skipNumber(body: Buffer, at: number, end: number, fault: ScanFault): number {
  let i = body[at] === MINUS ? at + 1 : at;
  if (i < end && body[i] === 0x30) i++;
  else {
    i = skipDigits(body, i, end, fault);
    if (i < 0) return -1;
  }
  if (i < end && body[i] === 0x2e) {
    i = skipDigits(body, i + 1, end, fault);
    if (i < 0) return -1;
  }
  if (i < end && ((body[i] as number) | 0x20) === 0x65) {
    i++;
    if (i < end && (body[i] === 0x2b || body[i] === MINUS)) i++;
    return skipDigits(body, i, end, fault);
  }
  return i;
}

function skipDigits(body: Buffer, at: number, end: number, fault: ScanFault): number {
  let i = at;
  while (i < end && isDigit(body[i] as number)) i++;
  if (i > at) return i;
  return i >= end ? refuse(fault, end, 'truncated') : refuse(fault, i, 'bad_number');
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

// " \ / b f n r t
function isEscape(byte: number): boolean {
  return (
    byte === QUOTE ||
    byte === BACKSLASH ||
    byte === 0x2f ||
    byte === 0x62 ||
    byte === 0x66 ||
    byte === 0x6e ||
    byte === 0x72 ||
    byte === 0x74
  );
}

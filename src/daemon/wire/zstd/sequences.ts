import { type BackwardBits, ZstdFault } from './bits.ts';
import { constantTable, type FseTable, readTable } from './fse-table.ts';
import {
  LITERAL_LENGTH_DEFAULT,
  LITERAL_LENGTHS,
  MATCH_LENGTH_DEFAULT,
  MATCH_LENGTHS,
  OFFSET_DEFAULT,
} from './sequence-codes.ts';

// Behind this the offset is beyond any window that is accepted, and the reader's 24 bits.
const OFFSET_CODE_MAX = 24;
const SHORT_COPY_BYTES = 24;

/** What blocks of one frame hand on to the next. */
export interface SequenceState {
  literalLengths: FseTable | undefined;
  offsets: FseTable | undefined;
  matchLengths: FseTable | undefined;
  recent: [number, number, number];
}

/** Where a block's bytes go: behind `at`, never beyond `limit`; matches reach back to `frameStart`. */
export interface BlockTarget {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly limit: number;
  readonly frameStart: number;
}

export function newSequenceState(): SequenceState {
  return { literalLengths: undefined, offsets: undefined, matchLengths: undefined, recent: [1, 4, 8] };
}

/**
 * Runs the sequences section `bytes[start, end)` over the block's literals (RFC 8878, 3.1.1.4) and returns the new end
 * of the output. Every copy is checked against the block's limit first, so a few bytes can never cost much time.
 */
export function runSequences(
  bytes: Uint8Array,
  start: number,
  end: number,
  state: SequenceState,
  literals: Uint8Array,
  target: BlockTarget,
  bits: BackwardBits,
): number {
  const { count, at: modesAt } = readCount(bytes, start, end);
  if (count === 0) {
    if (modesAt !== end) throw new ZstdFault('bytes stand behind the last sequence');
    return copyLiterals(literals, 0, literals.length, target.bytes, target.at, target.limit);
  }
  const streamStart = readTables(bytes, modesAt, end, state);
  const { literalLengths, offsets, matchLengths } = state;
  if (!literalLengths || !offsets || !matchLengths) throw new ZstdFault('a block repeats a table that is not there');
  bits.begin(bytes, streamStart, end);
  let literalState = bits.read(literalLengths.accuracyLog);
  let offsetState = bits.read(offsets.accuracyLog);
  let matchState = bits.read(matchLengths.accuracyLog);
  let literalAt = 0;
  let at = target.at;
  for (let left = count; left > 0; left--) {
    const offsetCode = offsets.symbols[offsetState] as number;
    const matchCode = matchLengths.symbols[matchState] as number;
    const literalCode = literalLengths.symbols[literalState] as number;
    if (offsetCode > OFFSET_CODE_MAX) throw new ZstdFault('a match reaches too far back');
    const offsetValue = (1 << offsetCode) + bits.read(offsetCode);
    const matchBytes = (MATCH_LENGTHS.bases[matchCode] as number) + bits.read(MATCH_LENGTHS.bits[matchCode] as number);
    const literalBytes =
      (LITERAL_LENGTHS.bases[literalCode] as number) + bits.read(LITERAL_LENGTHS.bits[literalCode] as number);
    if (left > 1) {
      literalState =
        (literalLengths.bases[literalState] as number) + bits.read(literalLengths.bits[literalState] as number);
      matchState = (matchLengths.bases[matchState] as number) + bits.read(matchLengths.bits[matchState] as number);
      offsetState = (offsets.bases[offsetState] as number) + bits.read(offsets.bits[offsetState] as number);
    }
    if (bits.left < 0) throw new ZstdFault('the sequences are cut off');
    at = copyLiterals(literals, literalAt, literalAt + literalBytes, target.bytes, at, target.limit);
    literalAt += literalBytes;
    at = copyMatch(target, at, toOffset(offsetValue, literalBytes, state.recent), matchBytes);
  }
  if (bits.left !== 0) throw new ZstdFault('the sequences do not end where they should');
  return copyLiterals(literals, literalAt, literals.length, target.bytes, at, target.limit);
}

function readCount(bytes: Uint8Array, start: number, end: number): { count: number; at: number } {
  const first = start < end ? (bytes[start] as number) : 256;
  const size = first < 128 ? 1 : first < 255 ? 2 : 3;
  if (start + size > end) throw new ZstdFault('the sequences are cut off');
  if (size === 1) return { count: first, at: start + 1 };
  const second = bytes[start + 1] as number;
  if (size === 2) return { count: ((first - 128) << 8) + second, at: start + 2 };
  return { count: second + ((bytes[start + 2] as number) << 8) + 0x7f00, at: start + 3 };
}

function readTables(bytes: Uint8Array, start: number, end: number, state: SequenceState): number {
  const modes = start < end ? (bytes[start] as number) : 255;
  if ((modes & 3) !== 0) throw new ZstdFault('the modes of a sequences section are unknown');
  let at = start + 1;
  const pick = (mode: number, own: FseTable | undefined, usual: FseTable, symbolMax: number, logMax: number) => {
    if (mode === 3) return own;
    if (mode === 0) return usual;
    if (mode === 1) {
      const symbol = at < end ? (bytes[at] as number) : 255;
      if (symbol > symbolMax) throw new ZstdFault('a table repeats an unknown code');
      at++;
      return constantTable(symbol);
    }
    const read = readTable(bytes, at, end, symbolMax, logMax);
    at = read.end;
    return read.table;
  };
  state.literalLengths = pick(modes >> 6, state.literalLengths, LITERAL_LENGTH_DEFAULT, 35, 9);
  state.offsets = pick((modes >> 4) & 3, state.offsets, OFFSET_DEFAULT, 31, 8);
  state.matchLengths = pick((modes >> 2) & 3, state.matchLengths, MATCH_LENGTH_DEFAULT, 52, 9);
  return at;
}

// Values 1 to 3 name a recent offset, shifted by one when no literals came before the match (RFC 8878, 3.1.1.5).
function toOffset(value: number, literalBytes: number, recent: [number, number, number]): number {
  const index = value > 3 ? 3 : value - (literalBytes === 0 ? 0 : 1);
  let offset = value - 3;
  if (value <= 3) {
    if (index === 0) return recent[0];
    offset = index === 3 ? recent[0] - 1 : (recent[index as 1 | 2] as number);
  }
  if (index !== 1) recent[2] = recent[1];
  recent[1] = recent[0];
  recent[0] = offset;
  return offset;
}

function copyLiterals(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number, limit: number): number {
  const count = end - start;
  if (end > from.length || at + count > limit) throw new ZstdFault('a block holds more than it may');
  if (count > SHORT_COPY_BYTES) to.set(from.subarray(start, end), at);
  else for (let i = 0; i < count; i++) to[at + i] = from[start + i] as number;
  return at + count;
}

function copyMatch({ bytes, limit, frameStart }: BlockTarget, at: number, offset: number, count: number): number {
  const from = at - offset;
  if (offset <= 0 || from < frameStart) throw new ZstdFault('a match reaches too far back');
  if (at + count > limit) throw new ZstdFault('a block holds more than it may');
  if (count > SHORT_COPY_BYTES && offset >= count) bytes.copyWithin(at, from, from + count);
  else for (let i = 0; i < count; i++) bytes[at + i] = bytes[from + i] as number;
  return at + count;
}

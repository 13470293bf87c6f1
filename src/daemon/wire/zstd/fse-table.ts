import { highBit, ZstdFault } from './bits.ts';

/** A decoding table of finite state entropy: for each state its symbol, and how the next state is made. */
export interface FseTable {
  readonly accuracyLog: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** A table that gives one symbol for ever and reads no bits. */
export function constantTable(symbol: number): FseTable {
  return { accuracyLog: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), bases: new Uint16Array(1) };
}

/** Builds a table from probabilities in parts of `1 << accuracyLog`; -1 is "less than one" (RFC 8878, 4.1.1). */
export function buildTable(counts: readonly number[], accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(counts.length);
  let high = size;
  for (const [symbol, count] of counts.entries()) {
    next[symbol] = Math.abs(count);
    if (count === -1) symbols[--high] = symbol;
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (const [symbol, count] of counts.entries()) {
    for (let i = 0; i < count; i++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
  }
  if (at !== 0) throw new ZstdFault('the probabilities of a table do not add up');
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] as number;
    const value = next[symbol] as number;
    next[symbol] = value + 1;
    const count = accuracyLog - highBit(value);
    bits[state] = count;
    bases[state] = (value << count) - size;
  }
  return { accuracyLog, symbols, bits, bases };
}

/** Reads a table's description at `start` and returns it with the offset behind it. */
export function readTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  symbolMax: number,
  accuracyLogMax: number,
): { readonly table: FseTable; readonly end: number } {
  let position = start * 8;
  const read = (count: number): number => {
    const at = position >> 3;
    position += count;
    if (position > end * 8) throw new ZstdFault('a table description is cut off');
    const word = (bytes[at] as number) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    return (word >>> ((position - count) & 7)) & ((1 << count) - 1);
  };
  const accuracyLog = read(4) + 5;
  if (accuracyLog > accuracyLogMax) throw new ZstdFault('a table is more accurate than it may be');
  const counts: number[] = [];
  let left = 1 << accuracyLog;
  while (left > 0 && counts.length <= symbolMax) {
    const width = highBit(left + 1) + 1;
    const spare = (1 << width) - 2 - left;
    const low = read(width - 1);
    // Values below `spare` have one bit less, so the top bit is read only for the others.
    let value = low;
    if (low >= spare && read(1) === 1) value = low + (1 << (width - 1)) - spare;
    const count = value - 1;
    left -= Math.abs(count);
    counts.push(count);
    if (count !== 0) continue;
    let zeros: number;
    do {
      zeros = read(2);
      for (let i = 0; i < zeros; i++) counts.push(0);
    } while (zeros === 3);
  }
  if (left !== 0 || counts.length > symbolMax + 1) throw new ZstdFault('the probabilities of a table do not add up');
  return { table: buildTable(counts, accuracyLog), end: (position + 7) >> 3 };
}

import { type BackwardBits, ZstdFault } from './bits.ts';
import { readTable } from './fse-table.ts';

const WEIGHT_MAX = 11;

/** A Huffman table: for each value of the next `maxBits` bits, `symbol << 8 | bits that the symbol takes`. */
export interface HuffmanTable {
  readonly maxBits: number;
  readonly entries: Uint16Array;
}

/** Reads a table's description (RFC 8878, 4.2.1) and returns it with the offset behind it. */
export function readHuffmanTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  bits: BackwardBits,
): { readonly table: HuffmanTable; readonly end: number } {
  if (start >= end) throw new ZstdFault('a Huffman table is cut off');
  const header = bytes[start] as number;
  const bodyBytes = header < 128 ? header : (header - 126) >> 1;
  const bodyEnd = start + 1 + bodyBytes;
  if (bodyEnd > end) throw new ZstdFault('a Huffman table is cut off');
  const weights = header < 128 ? readPackedWeights(bytes, start + 1, bodyEnd, bits) : [];
  for (let i = 0; i < header - 127; i++) {
    const pair = bytes[start + 1 + (i >> 1)] as number;
    weights.push((i & 1) === 0 ? pair >> 4 : pair & 15);
  }
  return { table: buildHuffmanTable(weights), end: bodyEnd };
}

/** Decodes one stream of Huffman codes into the whole of `into[start, end)`. */
export function decodeStream(
  bytes: Uint8Array,
  from: number,
  to: number,
  { maxBits, entries }: HuffmanTable,
  into: Uint8Array,
  start: number,
  end: number,
  bits: BackwardBits,
): void {
  bits.begin(bytes, from, to);
  let position = bits.left - maxBits;
  const mask = (1 << maxBits) - 1;
  let i = start;
  for (; i < end && position >= 0; i++) {
    const at = from + (position >> 3);
    const word = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    const entry = entries[(word >>> (position & 7)) & mask] as number;
    into[i] = entry >> 8;
    position -= entry & 255;
  }
  // The last codes stand where fewer than maxBits bits are left.
  bits.left = position + maxBits;
  for (; i < end; i++) {
    const left = bits.left;
    const entry = entries[bits.read(maxBits)] as number;
    into[i] = entry >> 8;
    bits.left = left - (entry & 255);
    if (bits.left < 0) break;
  }
  if (bits.left !== 0) throw new ZstdFault('a literals stream does not end where it should');
}

// Weights packed by two states that take turns on one bit stream.
function readPackedWeights(bytes: Uint8Array, start: number, end: number, bits: BackwardBits): number[] {
  const { table, end: streamStart } = readTable(bytes, start, end, WEIGHT_MAX, 6);
  bits.begin(bytes, streamStart, end);
  const weights: number[] = [];
  let state = bits.read(table.accuracyLog);
  let other = bits.read(table.accuracyLog);
  while (weights.length < 255) {
    weights.push(table.symbols[state] as number);
    const next = (table.bases[state] as number) + bits.read(table.bits[state] as number);
    if (bits.left < 0) {
      weights.push(table.symbols[other] as number);
      return weights;
    }
    state = other;
    other = next;
  }
  throw new ZstdFault('a Huffman table has too many symbols');
}

// The last symbol's weight is not written: it is what completes the sum to a power of two.
function buildHuffmanTable(weights: number[]): HuffmanTable {
  let sum = 0;
  for (const weight of weights) sum += weight === 0 ? 0 : 1 << (weight - 1);
  const maxBits = sum === 0 ? 0 : 32 - Math.clz32(sum);
  const rest = (1 << maxBits) - sum;
  if (maxBits === 0 || maxBits > WEIGHT_MAX || weights.length > 255 || (rest & (rest - 1)) !== 0) {
    throw new ZstdFault('the weights of a Huffman table do not add up');
  }
  weights.push(32 - Math.clz32(rest));
  const entries = new Uint16Array(1 << maxBits);
  let at = 0;
  for (let weight = 1; weight <= maxBits; weight++) {
    for (const [symbol, own] of weights.entries()) {
      if (own !== weight) continue;
      entries.fill((symbol << 8) | (maxBits + 1 - weight), at, at + (1 << (weight - 1)));
      at += 1 << (weight - 1);
    }
  }
  return { maxBits, entries };
}

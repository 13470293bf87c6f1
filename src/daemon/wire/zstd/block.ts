import { BackwardBits, ZstdFault } from './bits.ts';
import { decodeStream, type HuffmanTable, readHuffmanTable } from './literals.ts';
import { type BlockTarget, newSequenceState, runSequences } from './sequences.ts';

export const BLOCK_MAX_BYTES = 128 * 1024;

/** Decodes the compressed blocks of one frame; each builds on those before it. */
export class BlockDecoder {
  readonly #bits = new BackwardBits();
  readonly #sequences = newSequenceState();
  readonly #scratch: Uint8Array;
  #huffman: HuffmanTable | undefined;

  /** `scratch`: BLOCK_MAX_BYTES for the literals of a block, which frames may share. */
  constructor(scratch: Uint8Array) {
    this.#scratch = scratch;
  }

  /** Decodes `bytes[start, end)` and returns the new end of the output. */
  decode(bytes: Uint8Array, start: number, end: number, target: BlockTarget): number {
    if (start >= end) throw new ZstdFault('a block is empty');
    const literals = this.#readLiterals(bytes, start, end);
    return runSequences(bytes, literals.end, end, this.#sequences, literals.bytes, target, this.#bits);
  }

  #readLiterals(bytes: Uint8Array, start: number, end: number): { readonly bytes: Uint8Array; readonly end: number } {
    const header = readHeader(bytes, start, end);
    if (header.size > BLOCK_MAX_BYTES || header.end > end) throw new ZstdFault('the literals do not fit their block');
    if (header.kind === RAW) return { bytes: bytes.subarray(header.at, header.end), end: header.end };
    const literals = this.#scratch.subarray(0, header.size);
    if (header.kind === RLE) literals.fill(bytes[header.at] as number);
    else this.#decodeHuffman(bytes, header, literals);
    return { bytes: literals, end: header.end };
  }

  #decodeHuffman(bytes: Uint8Array, header: LiteralsHeader, literals: Uint8Array): void {
    let at = header.at;
    if (header.kind === HUFFMAN) {
      const read = readHuffmanTable(bytes, at, header.end, this.#bits);
      this.#huffman = read.table;
      at = read.end;
    }
    const table = this.#huffman;
    if (table === undefined) throw new ZstdFault('a block repeats a table that is not there');
    if (header.streams === 1) {
      decodeStream(bytes, at, header.end, table, literals, 0, header.size, this.#bits);
      return;
    }
    // Three sizes stand before four streams; the fourth has the rest.
    const share = (header.size + 3) >> 2;
    if (at + 6 > header.end || share * 3 > header.size) throw new ZstdFault('the literals are cut off');
    let from = at + 6;
    for (let stream = 0; stream < 4; stream++) {
      const sizeAt = at + stream * 2;
      const to = stream === 3 ? header.end : from + ((bytes[sizeAt] as number) | ((bytes[sizeAt + 1] as number) << 8));
      if (to > header.end) throw new ZstdFault('the literals are cut off');
      const last = stream === 3 ? header.size : share * (stream + 1);
      decodeStream(bytes, from, to, table, literals, share * stream, last, this.#bits);
      from = to;
    }
  }
}

const RAW = 0;
const RLE = 1;
const HUFFMAN = 2;

interface LiteralsHeader {
  /** RAW, RLE, HUFFMAN, or 3: Huffman by the table of the block before. */
  readonly kind: number;
  readonly streams: 1 | 4;
  /** Bytes that the literals decode to. */
  readonly size: number;
  readonly at: number;
  readonly end: number;
}

// RFC 8878, 3.1.1.3.1.1: one to five bytes, little endian.
function readHeader(bytes: Uint8Array, start: number, end: number): LiteralsHeader {
  const first = bytes[start] as number;
  const kind = first & 3;
  const format = (first >> 2) & 3;
  if (kind === RAW || kind === RLE) {
    const headerBytes = format === 1 ? 2 : format === 3 ? 3 : 1;
    if (start + headerBytes > end) throw new ZstdFault('the literals are cut off');
    const size = readNumber(bytes, start, headerBytes) >> (headerBytes === 1 ? 3 : 4);
    const at = start + headerBytes;
    return { kind, streams: 1, size, at, end: at + (kind === RAW ? size : 1) };
  }
  const headerBytes = format === 3 ? 5 : format === 2 ? 4 : 3;
  if (start + headerBytes > end) throw new ZstdFault('the literals are cut off');
  const width = format === 3 ? 18 : format === 2 ? 14 : 10;
  const value = Math.floor(readNumber(bytes, start, headerBytes) / 16);
  const size = value % 2 ** width;
  const at = start + headerBytes;
  return { kind, streams: format === 0 ? 1 : 4, size, at, end: at + Math.floor(value / 2 ** width) };
}

/** A little-endian number of up to six bytes. */
export function readNumber(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

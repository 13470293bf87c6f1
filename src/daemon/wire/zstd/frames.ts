import { ZstdFault } from './bits.ts';
import { readNumber } from './block.ts';
import { type FrameHeader, readFrameHeader } from './frame-header.ts';

/** A frame with content; its bytes are `[start, end)` of the input, checksum included. */
export interface Frame extends FrameHeader {
  readonly start: number;
  readonly blocksAt: number;
  /** Most bytes that its blocks can decode to. */
  readonly boundBytes: number;
}

/** One block: its bytes are `[at, end)`, its header stands before. */
export interface Block {
  readonly kind: number;
  /** Bytes of a raw or compressed block; for a run, the times that its one byte repeats. */
  readonly size: number;
  readonly isLast: boolean;
  readonly at: number;
  readonly end: number;
}

// Kind 0 is raw bytes.
export const RUN = 1;
export const COMPRESSED = 2;

/**
 * Finds all frames by their headers and those of their blocks, leaving out skippable ones.
 * @throws ZstdFault when the input is cut off, has no frame, or has more than `blocksMax` blocks.
 */
export function listFrames(input: Uint8Array, blocksMax: number): Frame[] {
  const frames: Frame[] = [];
  let blocks = 0;
  let at = 0;
  if (input.length === 0) throw new ZstdFault('the input is empty');
  while (at < input.length) {
    const header = readFrameHeader(input, at);
    let end = header.end;
    let boundBytes = 0;
    if (!header.isSkippable) {
      let block: Block;
      do {
        if (++blocks > blocksMax) throw new ZstdFault('there are more blocks than any encoder makes');
        block = readBlock(input, end, header.blockMaxBytes);
        end = block.end;
        boundBytes += block.kind === COMPRESSED ? header.blockMaxBytes : block.size;
      } while (!block.isLast);
      end += header.checksumBytes;
      if (end > input.length) throw new ZstdFault('the input is cut off');
      frames.push({ ...header, start: at, blocksAt: header.end, boundBytes, end });
    }
    at = end;
  }
  return frames;
}

/** Reads the block header at `at` (RFC 8878, 3.1.1.2). */
export function readBlock(input: Uint8Array, at: number, blockMaxBytes: number): Block {
  if (at + 3 > input.length) throw new ZstdFault('the input is cut off');
  const header = readNumber(input, at, 3);
  const kind = (header >> 1) & 3;
  const size = header >> 3;
  if (size > blockMaxBytes || kind > COMPRESSED) throw new ZstdFault('a block is of unknown kind or too large');
  const end = at + 3 + (kind === RUN ? 1 : size);
  if (end > input.length) throw new ZstdFault('the input is cut off');
  return { kind, size, isLast: (header & 1) === 1, at: at + 3, end };
}

import { ZstdFault } from './bits.ts';
import { BLOCK_MAX_BYTES, readNumber } from './block.ts';

/** RFC 9659: content codings use windows of 8 MB at most. */
export const ZSTD_WINDOW_LOG_MAX = 23;

export interface FrameHeader {
  readonly isSkippable: boolean;
  /** The offset of the first block; of a skippable frame, the offset behind it. */
  readonly end: number;
  /** What the frame says it decodes to, -1 when it does not say. */
  readonly contentBytes: number;
  readonly blockMaxBytes: number;
  readonly checksumBytes: number;
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

/** Reads the header of the frame at `at` (RFC 8878, 3.1.1.1). */
export function readFrameHeader(input: Uint8Array, at: number): FrameHeader {
  const magic = readNumber(input, at, 4);
  if (magic >= SKIPPABLE_MAGIC && magic <= SKIPPABLE_MAGIC + 15) return readSkippable(input, at);
  if (magic !== MAGIC) throw new ZstdFault('there is no Zstandard frame');
  const descriptor = input[at + 4] ?? 0;
  if ((descriptor & 8) !== 0) throw new ZstdFault('a frame sets a reserved bit');
  const isSingleSegment = (descriptor & 32) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryAt = at + (isSingleSegment ? 5 : 6);
  const sizeAt = dictionaryAt + dictionaryBytes;
  const end = sizeAt + sizeBytes;
  if (end > input.length) throw new ZstdFault('the input is cut off');
  if (readNumber(input, dictionaryAt, dictionaryBytes) !== 0) throw new ZstdFault('a frame needs a dictionary');
  const contentBytes = sizeBytes === 0 ? -1 : readNumber(input, sizeAt, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  const windowBytes = isSingleSegment ? contentBytes : toWindowBytes(input[at + 5] as number);
  if (windowBytes > 2 ** ZSTD_WINDOW_LOG_MAX) throw new ZstdFault('a frame needs a window of more than 8 MB');
  return {
    isSkippable: false,
    end,
    contentBytes,
    blockMaxBytes: Math.min(windowBytes, BLOCK_MAX_BYTES),
    checksumBytes: (descriptor & 4) === 0 ? 0 : 4,
  };
}

function readSkippable(input: Uint8Array, at: number): FrameHeader {
  const end = at + 8 + readNumber(input, at + 4, 4);
  if (at + 8 > input.length || end > input.length) throw new ZstdFault('the input is cut off');
  return { isSkippable: true, end, contentBytes: 0, blockMaxBytes: 0, checksumBytes: 0 };
}

function toWindowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

import { ZstdFault } from './bits.ts';
import { BLOCK_MAX_BYTES, BlockDecoder } from './block.ts';
import { type Block, COMPRESSED, type Frame, listFrames, RUN, readBlock } from './frames.ts';

/** The decoded bytes are more than they may be. */
export class ZstdTooLarge extends Error {}

/**
 * Decodes Zstandard frames (RFC 8878) into one buffer: any number of them, skippable ones too. The output doubles as
 * the window. Checksums are passed over, as TLS and the JSON inside cover the bytes; dictionaries are refused.
 *
 * It waits for `pause` after each 128 KB of output or the work of about as much (a millisecond or two), so that others
 * get their turn. No block may cost more than its 128 KB of output, whatever it claims.
 *
 * @throws ZstdFault on unsound or truncated input, ZstdTooLarge beyond `maxBytes`.
 */
export async function decodeZstd(input: Uint8Array, maxBytes: number, pause: () => Promise<void>): Promise<Buffer> {
  const frames = soundFrames(input, maxBytes);
  const output = new Output(frames, maxBytes);
  const scratch = new Uint8Array(BLOCK_MAX_BYTES);
  let work = 0;
  for (const frame of frames) {
    const start = output.length;
    const decoder = new BlockDecoder(scratch);
    let at = frame.blocksAt;
    for (let isLast = false; !isLast; ) {
      const block = readBlock(input, at, frame.blockMaxBytes);
      const before = output.length;
      decodeBlock(input, block, decoder, output, start, frame.blockMaxBytes);
      at = block.end;
      isLast = block.isLast;
      work += BLOCK_WORK_BYTES + output.length - before;
      if (work < PAUSE_BYTES) continue;
      work = 0;
      await pause();
    }
    if (frame.contentBytes >= 0 && output.length - start !== frame.contentBytes) {
      throw new ZstdFault('a frame does not hold as much as it says');
    }
  }
  return output.take();
}

/** The frames of an input that is whole, as far as headers tell, and does not claim more than `maxBytes`. */
export function soundFrames(input: Uint8Array, maxBytes: number): Frame[] {
  const frames = listFrames(input, BLOCKS_MIN + Math.floor(maxBytes / BLOCK_MEAN_MIN_BYTES));
  let claimedBytes = 0;
  for (const frame of frames) claimedBytes += Math.max(0, frame.contentBytes);
  if (claimedBytes > maxBytes) throw new ZstdTooLarge();
  return frames;
}

const PAUSE_BYTES = 128 * 1024;
// A block that decodes to nothing still builds tables.
const BLOCK_WORK_BYTES = 4 * 1024;
const BLOCKS_MIN = 4096;
const BLOCK_MEAN_MIN_BYTES = 1024;

class Output {
  /** Room for all that the blocks can hold, and for one block beyond the maximum. What is not written costs no memory. */
  readonly bytes: Buffer;
  length = 0;
  readonly #maxBytes: number;

  constructor(frames: readonly Frame[], maxBytes: number) {
    let boundBytes = 0;
    for (const frame of frames) boundBytes += frame.boundBytes;
    this.bytes = Buffer.allocUnsafeSlow(Math.min(boundBytes, maxBytes + BLOCK_MAX_BYTES));
    this.#maxBytes = maxBytes;
  }

  advanceTo(length: number): void {
    if (length > this.#maxBytes) throw new ZstdTooLarge();
    this.length = length;
  }

  take(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

function decodeBlock(
  input: Uint8Array,
  block: Block,
  decoder: BlockDecoder,
  output: Output,
  frameStart: number,
  blockMaxBytes: number,
): void {
  const { bytes, length } = output;
  if (block.kind === COMPRESSED) {
    const target = { bytes, at: length, limit: length + blockMaxBytes, frameStart };
    output.advanceTo(decoder.decode(input, block.at, block.end, target));
    return;
  }
  if (block.kind === RUN) bytes.fill(input[block.at] as number, length, length + block.size);
  else bytes.set(input.subarray(block.at, block.end), length);
  output.advanceTo(length + block.size);
}

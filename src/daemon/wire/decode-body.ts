import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { Failure } from '../../core/failure.ts';
import { decodeZstd, soundFrames, ZstdTooLarge } from './zstd/decode.ts';
import { ZSTD_WINDOW_LOG_MAX } from './zstd/frame-header.ts';

export type ContentCoding = 'gzip' | 'zstd';

/**
 * Decodes a body in slices, off the main thread where Node can, and never to more than `maxBytes`.
 * @throws Failure too_large, invalid_input
 */
export async function decodeBody(encoded: Buffer, coding: ContentCoding, maxBytes: number): Promise<Buffer> {
  try {
    return coding === 'gzip' ? await gunzip(encoded, maxBytes) : await unzstd(encoded, maxBytes);
  } catch (error) {
    if (error instanceof ZstdTooLarge || hasCode(error, 'ERR_BUFFER_TOO_LARGE')) {
      throw new Failure('too_large', `the body decodes to more than ${maxBytes} bytes`);
    }
    throw new Failure(
      'invalid_input',
      { message: `the body is not sound ${coding}`, param: 'content-encoding' },
      error,
    );
  }
}

const CHUNK_BYTES = 64 * 1024;

interface ZlibOptions {
  readonly chunkSize: number;
  readonly maxOutputLength: number;
  readonly params?: Readonly<Record<number, number>>;
}

type Unzip = (encoded: Buffer, options: ZlibOptions) => Promise<Buffer>;

// One-shot by name; within, zlib decodes chunk by chunk on its threads and stops at the limit.
const gunzipAsync = promisify(zlib.gunzip) as Unzip;

function gunzip(encoded: Buffer, maxBytes: number): Promise<Buffer> {
  return gunzipAsync(encoded, { chunkSize: CHUNK_BYTES, maxOutputLength: maxBytes });
}

// Node has zstd of its own from 22.15 on, which the types of Node 20 do not know. It takes truncated input for whole and
// drops what follows a skippable frame (22.23), so the frames are looked through here first.
async function unzstd(encoded: Buffer, maxBytes: number): Promise<Buffer> {
  const native: unknown = Reflect.get(zlib, 'zstdDecompress');
  if (typeof native !== 'function') return decodeZstd(encoded, maxBytes, nextTurn);
  const frames = soundFrames(encoded, maxBytes).map(({ start, end }) => encoded.subarray(start, end));
  if (frames.length === 0) return Buffer.alloc(0);
  const params = { [Reflect.get(zlib.constants, 'ZSTD_d_windowLogMax') as number]: ZSTD_WINDOW_LOG_MAX };
  const unzip = promisify(native as typeof zlib.gunzip) as Unzip;
  return unzip(Buffer.concat(frames), { chunkSize: CHUNK_BYTES, maxOutputLength: maxBytes, params });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

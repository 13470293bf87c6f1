import type { Readable } from 'node:stream';
import { Failure } from '../../core/failure.ts';
import { type ContentCoding, decodeBody } from './decode-body.ts';

export interface ReadBodyOptions {
  /** The Content-Encoding header as it came. */
  readonly contentEncoding: string | undefined;
  /** The Content-Length header; only a hint, the parser of HTTP enforces it. */
  readonly contentLength: number | undefined;
  /** Most bytes taken from the wire. */
  readonly encodedMaxBytes: number;
  /** Most bytes that the body may decode to. */
  readonly decodedMaxBytes: number;
}

/** Where the bytes of a body come from; with its own bound on how many. */
export interface BodySource {
  takeBody(maxBytes: number): Buffer | Promise<Buffer>;
}

/** Reads the body of a stream, as `takeWhole` does. A body in one chunk is that chunk, not a copy. */
export async function readBody(stream: Readable, options: ReadBodyOptions): Promise<Buffer> {
  return await takeWhole({ takeBody: (maxBytes) => collectBody(stream, maxBytes) }, options);
}

/**
 * Takes a whole request body and undoes its content coding: identity, gzip or zstd (RFC 9110, 8.4.1; RFC 8878). Without
 * a promise when the body is here and needs no decoding.
 *
 * When it fails, the source stands still with the rest unread: answer with `connection: close`, or let the transport
 * drain it unseen when the answer ends.
 *
 * @throws Failure unsupported_encoding; too_large (either limit, as soon as it is passed); invalid_input for bytes that
 *   do not decode, and when the client goes away before the end.
 */
export function takeWhole(source: BodySource, options: ReadBodyOptions): Buffer | Promise<Buffer> {
  const coding = toCoding(options.contentEncoding);
  if (coding === null) throw unsupported();
  const { encodedMaxBytes, decodedMaxBytes, contentLength } = options;
  const limitBytes = coding === 'identity' ? Math.min(encodedMaxBytes, decodedMaxBytes) : encodedMaxBytes;
  if (contentLength !== undefined && contentLength > limitBytes) throw tooLarge(limitBytes);
  const taken = source.takeBody(limitBytes);
  return coding === 'identity' ? taken : decodeTaken(taken, coding, decodedMaxBytes);
}

async function decodeTaken(taken: Buffer | Promise<Buffer>, coding: ContentCoding, maxBytes: number): Promise<Buffer> {
  return await decodeBody(await taken, coding, maxBytes);
}

function toCoding(header: string | undefined): ContentCoding | 'identity' | null {
  if (header === undefined) return 'identity';
  const name = header.trim().toLowerCase();
  if (name === '' || name === 'identity') return 'identity';
  if (name === 'gzip' || name === 'x-gzip') return 'gzip';
  if (name === 'zstd') return 'zstd';
  return null;
}

function unsupported(): Failure {
  return new Failure('unsupported_encoding', {
    message: 'the content encoding of the body is not one of identity, gzip, zstd',
    param: 'content-encoding',
  });
}

/**
 * The bytes of a stream. A body in one chunk is that chunk, not a copy.
 *
 * The listeners stay: the message is of no use to anybody else, and taking them off again costs more than all of the
 * rest for a small body. What they hear after the end is ignored.
 */
export function collectBody(stream: Readable, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isOver = false;
    const fail = (failure: Failure): void => {
      isOver = true;
      chunks.length = 0;
      stream.pause();
      reject(failure);
    };
    const onGone = (error?: unknown): void => {
      if (!isOver) fail(bodyCutOff(error));
    };
    if (stream.destroyed || stream.readableEnded) return onGone();
    stream.on('data', (chunk: Buffer) => {
      if (isOver) return;
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else fail(tooLarge(maxBytes));
    });
    stream.on('end', () => {
      if (isOver) return;
      isOver = true;
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes));
    });
    stream.on('error', onGone);
    stream.on('close', onGone);
  });
}

/** What a reader is told when the client leaves in the middle. */
export function bodyCutOff(cause?: unknown): Failure {
  return new Failure('invalid_input', 'the connection was lost before the body ended', cause);
}

function tooLarge(limitBytes: number): Failure {
  return new Failure('too_large', `the body is larger than ${limitBytes} bytes`);
}

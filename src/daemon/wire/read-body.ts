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

/**
 * Reads a whole request body and undoes its content coding: identity, gzip or zstd (RFC 9110, 8.4.1; RFC 8878).
 * A body in one chunk is that chunk, not a copy.
 *
 * When it fails, the stream stands still with the rest unread: answer with `connection: close`, or let node:http drain
 * it unseen when the answer ends.
 *
 * @throws Failure unsupported_encoding; too_large (either limit, as soon as it is passed); invalid_input for bytes that
 *   do not decode, and when the client goes away before the end.
 */
export function readBody(stream: Readable, options: ReadBodyOptions): Promise<Buffer> {
  const coding = toCoding(options.contentEncoding);
  if (coding === null) return Promise.reject(unsupported());
  const { encodedMaxBytes, decodedMaxBytes, contentLength } = options;
  const limitBytes = coding === 'identity' ? Math.min(encodedMaxBytes, decodedMaxBytes) : encodedMaxBytes;
  if (contentLength !== undefined && contentLength > limitBytes) return Promise.reject(tooLarge(limitBytes));
  const collected = collect(stream, limitBytes);
  return coding === 'identity' ? collected : collected.then((bytes) => decodeBody(bytes, coding, decodedMaxBytes));
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
 * The listeners stay: the message is of no use to anybody else, and taking them off again costs more than all of the
 * rest for a small body. What they hear after the end is ignored.
 */
function collect(stream: Readable, maxBytes: number): Promise<Buffer> {
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
      if (!isOver) fail(new Failure('invalid_input', 'the connection was lost before the body ended', error));
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

function tooLarge(limitBytes: number): Failure {
  return new Failure('too_large', `the body is larger than ${limitBytes} bytes`);
}

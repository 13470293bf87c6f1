import type { ArrivedHead } from './arrival.ts';

/** The head of a request that is exactly well-formed and plain. */
export interface LeanHead extends ArrivedHead {
  readonly target: string;
  /** False: the client asked for the connection to be closed behind the answer. */
  readonly keepsAlive: boolean;
}

const HEAD_MAX_BYTES = 16 * 1024;
const HEADERS_MAX = 100;
const LENGTH_DIGITS_MAX = 12;
const LINE_END = '\r\n';
const HEAD_END = '\r\n\r\n';
/** Fewer characters than a target may have, and none that anybody reads in two ways. */
const REQUEST_LINE = /^POST (\/[\w\-./~?=&%,:+]{0,2047}) HTTP\/1\.1$/;
/** A token, a colon at once behind it, and a value without control characters (RFC 9112, 5). */
const HEADER_LINE = /^([\w!#$%&'*+\-.^`|~]+):([\t\x20-\x7e\x80-\xff]*)$/;
const LENGTH = /^\d{1,12}$/;
const ZERO = 0x30;
/** What only the parser of node:http should judge. */
const NOT_FOR_US = new Set(['transfer-encoding', 'expect', 'upgrade', 'trailer', 'proxy-connection', 'http2-settings']);
/** What must not be said twice; of the first two node:http itself refuses some forms and merges others. */
const ONCE = ['host', 'content-length', 'connection', 'content-encoding', 'x-forwarded-for'];

/**
 * Reads a head that lies whole at the beginning of a chunk. Null for everything that is not beyond doubt: that is no
 * refusal, it only leaves the judgement to node:http. Whatever this accepts, node:http accepts and reads the same.
 */
export function readLeanHead(chunk: Buffer): KnownHead | null {
  const end = chunk.indexOf(HEAD_END, 0, 'latin1');
  if (end < 0 || end > HEAD_MAX_BYTES) return null;
  const lines = chunk.toString('latin1', 0, end).split(LINE_END);
  const target = REQUEST_LINE.exec(lines[0] ?? '')?.[1];
  if (target === undefined || lines.length > HEADERS_MAX) return null;
  const rawHeaders: string[] = [];
  const once = new Map<string, string>();
  let lengthAt = 0;
  let lineAt = 0;
  for (const [index, line] of lines.entries()) {
    const start = lineAt;
    lineAt += line.length + LINE_END.length;
    if (index === 0) continue;
    const parts = HEADER_LINE.exec(line);
    if (!parts) return null;
    const [, written = '', padded = ''] = parts;
    const name = written.toLowerCase();
    const value = trimmed(padded);
    if (NOT_FOR_US.has(name) || once.has(name)) return null;
    if (ONCE.includes(name)) once.set(name, value);
    if (name === 'content-length') lengthAt = start + written.length + 1 + padded.indexOf(value);
    else rawHeaders.push(written, value);
  }
  const length = once.get('content-length') ?? '';
  const connection = (once.get('connection') ?? 'keep-alive').toLowerCase();
  if (!once.has('host') || !LENGTH.test(length)) return null;
  if (connection !== 'keep-alive' && connection !== 'close') return null;
  const head: LeanHead = {
    method: 'POST',
    target,
    rawHeaders,
    contentEncoding: once.get('content-encoding'),
    forwardedFor: once.get('x-forwarded-for'),
    keepsAlive: connection === 'keep-alive',
    note: null,
  };
  const before = ownCopy(chunk, 0, lengthAt);
  const known = new KnownHead(head, before, ownCopy(chunk, lengthAt + length.length, end + HEAD_END.length));
  return known.begins(chunk) ? known : null;
}

/** A head as it was read, with its bytes around the digits of Content-Length: by them it is known when it comes again. */
export class KnownHead {
  readonly head: LeanHead;
  /** Of the chunk that was recognised last. */
  bodyStart = 0;
  bodyLength = 0;
  readonly #before: Buffer;
  readonly #after: Buffer;

  constructor(head: LeanHead, before: Buffer, after: Buffer) {
    this.head = head;
    this.#before = before;
    this.#after = after;
  }

  /** Whether a chunk begins with this head, whatever its Content-Length. */
  begins(chunk: Buffer): boolean {
    const before = this.#before;
    const after = this.#after;
    const digitsAt = before.length;
    if (chunk.length <= digitsAt + after.length || before.compare(chunk, 0, digitsAt) !== 0) return false;
    let length = 0;
    let at = digitsAt;
    for (; at < chunk.length; at++) {
      const digit = (chunk[at] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      length = length * 10 + digit;
    }
    const bodyStart = at + after.length;
    if (at === digitsAt || at - digitsAt > LENGTH_DIGITS_MAX || bodyStart > chunk.length) return false;
    if (after.compare(chunk, at, bodyStart) !== 0) return false;
    this.bodyStart = bodyStart;
    this.bodyLength = length;
    return true;
  }
}

/** Only spaces and tabs: String.trim takes more than a header may be padded with. */
function trimmed(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isPadding(value.charCodeAt(start))) start++;
  while (end > start && isPadding(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

function isPadding(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Not out of Node's common slab, which would live as long as the connection that remembers this. */
function ownCopy(chunk: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(end - start);
  chunk.copy(copy, 0, start, end);
  return copy;
}

/** The head of an upstream's answer. */
export interface ReadAnswerHead {
  readonly status: number;
  /** Flat, with lower-case names. */
  readonly headers: readonly string[];
  readonly framing: 'none' | 'chunked' | 'close' | number;
  /** Whether another request may follow on the connection. */
  readonly keepsAlive: boolean;
  /** How long the upstream says that it keeps an idle connection; null: it does not say. */
  readonly keepAliveMs: number | null;
}

/** An answer that is no HTTP, or a form of it that is left to undici. */
export class OddAnswer extends Error {
  readonly code = 'ODD_ANSWER';
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const NAME = /^[\w!#$%&'*+\-.^`|~]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const LENGTH = /^\d{1,15}$/;
const TIMEOUT_HINT = /timeout=(\d{1,6})/;
const LINE_END = '\r\n';
const COLON = ':';

/**
 * Reads a head without the empty line that ends it.
 * @throws OddAnswer for everything that two readers could understand differently.
 */
export function readAnswerHead(text: string): ReadAnswerHead {
  let end = text.indexOf(LINE_END);
  const line = STATUS_LINE.exec(end < 0 ? text : text.slice(0, end));
  if (!line) throw new OddAnswer('the answer does not begin with a status line');
  const status = Number(line[2]);
  const headers: string[] = [];
  let length: string | null = null;
  let coding: string | null = null;
  let connection = line[1] === '1' ? 'keep-alive' : 'close';
  let keepAliveMs: number | null = null;
  while (end >= 0) {
    const start = end + LINE_END.length;
    end = text.indexOf(LINE_END, start);
    const stop = end < 0 ? text.length : end;
    const colon = text.indexOf(COLON, start);
    if (colon < 0 || colon >= stop) throw new OddAnswer('a line of the head is no header');
    const name = text.slice(start, colon).toLowerCase();
    const value = text.slice(colon + 1, stop).trim();
    if (!NAME.test(name) || !VALUE.test(value)) throw new OddAnswer('a header holds characters that it cannot hold');
    headers.push(name, value);
    if (name === 'content-length') {
      if (length !== null) throw new OddAnswer('the answer has two lengths');
      length = value;
    } else if (name === 'transfer-encoding') coding = coding === null ? value.toLowerCase() : `${coding},${value}`;
    else if (name === 'connection') connection = value.toLowerCase();
    else if (name === 'keep-alive') keepAliveMs = Number(TIMEOUT_HINT.exec(value)?.[1] ?? Number.NaN) * 1_000;
  }
  const framing = framingOf(status, length, coding);
  return {
    status,
    headers,
    framing,
    keepsAlive: framing !== 'close' && /(?:^|,)\s*keep-alive\s*(?:,|$)/.test(connection),
    keepAliveMs: Number.isFinite(keepAliveMs) ? keepAliveMs : null,
  };
}

function framingOf(status: number, length: string | null, coding: string | null): ReadAnswerHead['framing'] {
  if (length !== null && !LENGTH.test(length)) throw new OddAnswer('the length of the answer is no number');
  if (coding !== null && (coding !== 'chunked' || length !== null)) {
    throw new OddAnswer('the answer is framed in an unusual way');
  }
  if (status < 200 || status === 204 || status === 304) return 'none';
  if (coding !== null) return 'chunked';
  return length === null ? 'close' : Number(length);
}

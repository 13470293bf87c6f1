import { STATUS_CODES } from 'node:http';

const FORBIDDEN_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const FORBIDDEN_IN_NAME = /[^\w!#$%&'*+\-.^`|~]/;
const SECOND_MS = 1_000;

export interface AnswerHead {
  readonly text: string;
  /** True when no length is said and the body goes out in chunks. */
  readonly isChunked: boolean;
  readonly keepsAlive: boolean;
}

/**
 * The head of an answer as it goes over the wire, with the headers that node:http would add.
 * @throws TypeError for a header that would end within itself.
 */
export function answerHead(
  status: number,
  headers: readonly string[],
  connection: { readonly keepsAlive: boolean; readonly keepAliveSeconds: number; readonly now: number },
): AnswerHead {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
  let hasLength = false;
  let { keepsAlive } = connection;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (FORBIDDEN_IN_VALUE.test(value) || name === '' || FORBIDDEN_IN_NAME.test(name)) {
      throw new TypeError(`the header "${name}" holds characters that a header cannot hold`);
    }
    if (name === 'content-length') hasLength = true;
    if (name === 'connection') {
      keepsAlive &&= value !== 'close';
      continue;
    }
    text += `${name}: ${value}\r\n`;
  }
  text += `date: ${dateText(connection.now)}\r\n`;
  text += keepsAlive
    ? `connection: keep-alive\r\nkeep-alive: timeout=${connection.keepAliveSeconds}\r\n`
    : 'connection: close\r\n';
  const isChunked = !hasLength && status !== 204 && status !== 304;
  return { text: isChunked ? `${text}transfer-encoding: chunked\r\n\r\n` : `${text}\r\n`, isChunked, keepsAlive };
}

let lastSecond = -1;
let lastDate = '';

/** All answers of one second share the text. */
function dateText(now: number): string {
  const second = Math.floor(now / SECOND_MS);
  if (second !== lastSecond) {
    lastSecond = second;
    lastDate = new Date(now).toUTCString();
  }
  return lastDate;
}

import type { UpstreamRequest } from './upstream-listener.ts';

const FORBIDDEN_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const FORBIDDEN_IN_NAME = /[^\w!#$%&'*+\-.^`|~]/;
const FORBIDDEN_IN_TARGET = /[^\x21-\x7e]/;
/** How a message is framed and how long its connection lasts is nobody's choice but ours. */
const OURS = new Set(['connection', 'transfer-encoding', 'keep-alive', 'upgrade', 'expect', 'te', 'trailer']);

/**
 * The head of a request as it goes over the wire.
 * @throws TypeError for what no HTTP message can carry.
 */
export function requestHead({ path, method, headers, body }: UpstreamRequest, authority: string): string {
  if (FORBIDDEN_IN_TARGET.test(path)) throw new TypeError('the path holds characters that a path cannot hold');
  let host = authority;
  let length = lengthOf(method, body);
  let text = '';
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (name === '' || FORBIDDEN_IN_NAME.test(name)) throw new TypeError(`invalid ${name} header`);
    if (FORBIDDEN_IN_VALUE.test(value) || OURS.has(name)) throw new TypeError(`invalid ${name} header`);
    if (name === 'host') host = value;
    else if (name !== 'content-length') text += `${name}: ${value}\r\n`;
    else if (length === '') length = value;
    else if (length !== value) throw new TypeError('invalid content-length header');
  }
  const ofLength = length === '' ? '' : `content-length: ${length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n${text}${ofLength}\r\n`;
}

/** As undici says it: a length for every body, and 0 for a method that usually has one. */
function lengthOf(method: string, body: UpstreamRequest['body']): string {
  if (body === null) return method === 'POST' || method === 'PUT' || method === 'PATCH' ? '0' : '';
  if (Buffer.isBuffer(body)) return String(body.length);
  return String(body.reduce((sum, piece) => sum + piece.length, 0));
}

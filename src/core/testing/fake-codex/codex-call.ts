import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { PlainAnswer } from './codex-faults.ts';
import { isObject, type Json } from './request-rules.ts';

/** Turns a compressed body into what it was; by name of the content-encoding. */
export type Decoders = Readonly<Record<string, (bytes: Buffer) => Buffer>>;

const OWN_DECODERS: Decoders = { identity: (bytes) => bytes, gzip: (bytes) => gunzipSync(bytes) };

/** One call as it arrived. */
export interface CodexCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded text of the body; null when its encoding is not known. */
  readonly text: string | null;
  /** Fields of a JSON or form body; without any when it is neither. */
  readonly body: Json;
}

export async function readCall(incoming: IncomingMessage, decoders: Decoders): Promise<CodexCall> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  const encoding = incoming.headers['content-encoding'] ?? 'identity';
  const decode = { ...OWN_DECODERS, ...decoders }[encoding];
  const text = decode ? decode(Buffer.concat(parts)).toString('utf8') : null;
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
  return {
    method: incoming.method ?? 'GET',
    path: new URL(incoming.url ?? '/', 'http://codex.test').pathname,
    headers: Object.fromEntries(headers),
    text,
    body: text === null ? {} : fieldsOf(text, incoming.headers['content-type'] ?? ''),
  };
}

export function sendPlain(response: ServerResponse, { status, headers = {}, body = '' }: PlainAnswer): void {
  if (response.headersSent) return;
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

function fieldsOf(text: string, type: string): Json {
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/**
 * What passes between client and upstream. Both ways are allow lists: credentials, cookies, hop-by-hop headers and
 * anything that names a client's address or an account stay behind.
 */
const UP = new Set([
  'accept-language',
  'content-type',
  'user-agent',
  'originator',
  'version',
  'openai-beta',
  'anthropic-beta',
  'anthropic-version',
  'session_id',
  'session-id',
  'thread-id',
  'conversation_id',
  'conversation-id',
  'x-client-request-id',
  'x-codex-window-id',
  'x-codex-turn-metadata',
  'x-codex-turn-state',
  'x-codex-beta-features',
  'x-codex-routing-hint',
  'x-openai-internal-codex-responses-lite',
  'traceparent',
  'tracestate',
]);
const UP_PREFIX = 'x-stainless-';

const DOWN = new Set([
  'content-type',
  'openai-processing-ms',
  'openai-version',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-codex-turn-state',
  'x-models-etag',
]);

/** Whether a request header (lower case) goes to the upstream. */
export function passesUp(name: string): boolean {
  return UP.has(name) || name.startsWith(UP_PREFIX);
}

/** Picks the response headers that may reach the client. Flat, with lower-case names. */
export function headersDown(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (DOWN.has(name)) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}

/** The same headers for an answer whose form Realms has changed. */
export function translatedHeaders(flat: readonly string[], stream: boolean): string[] {
  const kept = flat.filter((_, at) => flat[at - (at % 2)] !== 'content-type');
  return [...kept, 'content-type', stream ? 'text/event-stream; charset=utf-8' : 'application/json'];
}

/** The value of one header in the flat form, or ''. */
export function headerIn(flat: readonly string[], name: string): string {
  for (let i = 0; i + 1 < flat.length; i += 2) if (flat[i] === name) return flat[i + 1] ?? '';
  return '';
}

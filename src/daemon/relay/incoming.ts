import { passesUp } from './header-lists.ts';
import type { Incoming, RelayPath } from './relay-request.ts';

/** Headers by which clients name a conversation, strongest first. nginx drops the underscored ones unless told otherwise. */
const SESSION_HEADERS = [
  'session-id',
  'session_id',
  'thread-id',
  'conversation-id',
  'conversation_id',
  'x-session-id',
  'x-claude-code-session-id',
] as const;
const SESSION_NAME_MAX = 512;
const BEARER = /^bearer +(\S+) *$/i;

/** What is gathered in one pass over the raw headers; a second look at each name would cost more than the request. */
export function readIncoming(
  { method, rawHeaders: raw }: { readonly method?: string | undefined; readonly rawHeaders: readonly string[] },
  path: RelayPath,
  ip: string,
): Incoming {
  const headersUp: string[] = [];
  let authorization = '';
  let apiKey = '';
  let userAgent = '';
  let idempotencyKey: string | null = null;
  let sessionRank: number = SESSION_HEADERS.length;
  let sessionName = '';
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    if (name === 'authorization') authorization ||= value;
    else if (name === 'x-api-key' || name === 'x-goog-api-key') apiKey ||= value;
    else if (name === 'idempotency-key') idempotencyKey ??= value.trim() || null;
    else {
      if (name === 'user-agent') userAgent = value;
      const rank = SESSION_HEADERS.indexOf(name as (typeof SESSION_HEADERS)[number]);
      if (rank >= 0 && rank < sessionRank && value !== '' && value.length <= SESSION_NAME_MAX) {
        sessionRank = rank;
        sessionName = value;
      }
      if (passesUp(name)) headersUp.push(name, value);
    }
  }
  const source = SESSION_HEADERS[sessionRank];
  return {
    method: method as Incoming['method'],
    ...path,
    token: BEARER.exec(authorization)?.[1] ?? (apiKey.trim() || path.queryKey),
    userAgent,
    ip,
    idempotencyKey,
    headersUp,
    sessionHeader: source ? { source, name: sessionName } : null,
  };
}

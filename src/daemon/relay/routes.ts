import { openaiChat, openaiPlain, openaiResponses } from './dialects/index.ts';
import type { RelayRoute } from './relay-request.ts';

/** A relayed path that was recognised. */
export interface RelayMatch {
  readonly route: RelayRoute;
  readonly upstreamPath: string;
  readonly objectId: string | null;
}

const chat: RelayRoute = {
  endpoint: '/v1/chat/completions',
  dialect: openaiChat,
  metered: true,
  onObject: false,
};
const responses: RelayRoute = { endpoint: '/v1/responses', dialect: openaiResponses, metered: true, onObject: false };
const embeddings: RelayRoute = { endpoint: '/v1/embeddings', dialect: openaiPlain, metered: true, onObject: false };
const inputTokens: RelayRoute = {
  endpoint: '/v1/responses/input_tokens',
  dialect: openaiPlain,
  metered: false,
  onObject: false,
};
const storedObject: RelayRoute = {
  endpoint: '/v1/responses/:id',
  dialect: openaiResponses,
  metered: false,
  onObject: true,
};

const PREFIX = '/v1';
/** All of them are POST. */
const FIXED: ReadonlyMap<string, RelayMatch> = new Map(
  [chat, responses, embeddings, inputTokens].map((route) => [
    route.endpoint,
    { route, upstreamPath: route.endpoint.slice(PREFIX.length), objectId: null },
  ]),
);
/** Ids are checked before they become part of a path: no slash, dot or percent sign gets through. */
const STORED = /^\/v1\/responses\/([A-Za-z0-9_-]{1,128})(\/cancel|\/input_items)?$/;
const STORED_METHODS: Readonly<Record<string, readonly string[]>> = {
  '': ['GET', 'DELETE'],
  '/cancel': ['POST'],
  '/input_items': ['GET'],
};
const QUERY_SAFE = /^[\w\-.~%=&,[\]:+]{0,1024}$/;

/** For the manifest: what is relayed, as method and path pattern. */
export const RELAYED: readonly { readonly method: string; readonly path: string }[] = [
  ...[...FIXED.keys()].map((path) => ({ method: 'POST', path })),
  { method: 'GET', path: '/v1/responses/:id' },
  { method: 'DELETE', path: '/v1/responses/:id' },
  { method: 'POST', path: '/v1/responses/:id/cancel' },
  { method: 'GET', path: '/v1/responses/:id/input_items' },
];

/** Recognises a relayed request by method and target; null for everything else. */
export function matchRelay(method: string, target: string): RelayMatch | null {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  // The query of a call is the client's own affair (`?beta=true`) and none of the upstream's.
  const fixed = method === 'POST' ? FIXED.get(path) : undefined;
  if (fixed) return fixed;
  const stored = STORED.exec(path);
  if (!stored || !STORED_METHODS[stored[2] ?? '']?.includes(method)) return null;
  const query = mark < 0 ? '' : target.slice(mark + 1);
  const upstreamQuery = query !== '' && QUERY_SAFE.test(query) ? `?${query}` : '';
  return {
    route: storedObject,
    upstreamPath: `${path.slice(PREFIX.length)}${upstreamQuery}`,
    objectId: stored[1] ?? '',
  };
}

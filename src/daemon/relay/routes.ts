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
const FIXED: Readonly<Record<string, RelayRoute>> = {
  'POST /v1/chat/completions': chat,
  'POST /v1/responses': responses,
  'POST /v1/embeddings': embeddings,
  'POST /v1/responses/input_tokens': inputTokens,
};
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
  ...Object.keys(FIXED).map((key) => {
    const [method = '', path = ''] = key.split(' ');
    return { method, path };
  }),
  { method: 'GET', path: '/v1/responses/:id' },
  { method: 'DELETE', path: '/v1/responses/:id' },
  { method: 'POST', path: '/v1/responses/:id/cancel' },
  { method: 'GET', path: '/v1/responses/:id/input_items' },
];

/** Recognises a relayed request by method and target; null for everything else. */
export function matchRelay(method: string, target: string): RelayMatch | null {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const fixed = FIXED[`${method} ${path}`];
  // The query of a call is the client's own affair (`?beta=true`) and none of the upstream's.
  if (fixed) return { route: fixed, upstreamPath: path.slice(PREFIX.length), objectId: null };
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

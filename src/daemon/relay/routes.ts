import {
  anthropicCount,
  anthropicMessages,
  geminiCount,
  geminiGenerate,
  openaiChat,
  openaiPlain,
  openaiResponses,
} from './dialects/index.ts';
import { GEMINI_VERBS, matchGemini } from './gemini-path.ts';
import type { RelayPath, RelayRoute } from './relay-request.ts';

/** A relayed path that was recognised. */
export interface RelayMatch {
  readonly route: RelayRoute;
  readonly path: RelayPath;
}

const chat: RelayRoute = {
  endpoint: '/v1/chat/completions',
  dialect: openaiChat,
  wire: 'chat',
  kinds: null,
  metered: true,
  counts: false,
  onObject: false,
};
const responses: RelayRoute = {
  endpoint: '/v1/responses',
  dialect: openaiResponses,
  wire: 'responses',
  kinds: null,
  metered: true,
  counts: false,
  onObject: false,
};
const embeddings: RelayRoute = {
  endpoint: '/v1/embeddings',
  dialect: openaiPlain,
  wire: null,
  kinds: ['openai'],
  metered: true,
  counts: false,
  onObject: false,
};
/** Summarises a conversation: what comes back stands for it, and only the account that made it can read it. */
const compact: RelayRoute = { ...embeddings, endpoint: '/v1/responses/compact', kinds: ['openai', 'codex'] };
const inputTokens: RelayRoute = {
  endpoint: '/v1/responses/input_tokens',
  dialect: openaiPlain,
  wire: null,
  kinds: ['openai'],
  metered: false,
  counts: false,
  onObject: false,
};
const storedObject: RelayRoute = {
  endpoint: '/v1/responses/:id',
  dialect: openaiResponses,
  wire: null,
  kinds: ['openai'],
  metered: false,
  counts: false,
  onObject: true,
};

const messages: RelayRoute = {
  endpoint: '/v1/messages',
  dialect: anthropicMessages,
  wire: 'messages',
  kinds: null,
  metered: true,
  counts: false,
  onObject: false,
};
const countTokens: RelayRoute = {
  ...messages,
  dialect: anthropicCount,
  endpoint: '/v1/messages/count_tokens',
  kinds: ['anthropic'],
  counts: true,
  metered: false,
};
const generateContent: RelayRoute = {
  endpoint: '/v1beta/models:generateContent',
  dialect: geminiGenerate,
  wire: 'gemini',
  kinds: null,
  metered: true,
  counts: false,
  onObject: false,
};
const geminiCountTokens: RelayRoute = {
  ...generateContent,
  dialect: geminiCount,
  endpoint: '/v1beta/models:countTokens',
  kinds: ['gemini'],
  counts: true,
  metered: false,
};

const PREFIX = '/v1';
const GEMINI_PREFIX = '/v1beta/models/';
/** All of them are POST. */
const FIXED: ReadonlyMap<string, RelayMatch> = new Map(
  [chat, responses, compact, embeddings, inputTokens, messages, countTokens].map((route) => [
    route.endpoint,
    { route, path: plainPath(route.endpoint.slice(PREFIX.length)) },
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
  ...GEMINI_VERBS.map((verb) => ({ method: 'POST', path: `${GEMINI_PREFIX}{model}:${verb}` })),
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
  const query = mark < 0 ? '' : target.slice(mark + 1);
  if (method === 'POST' && path.startsWith(GEMINI_PREFIX)) return geminiMatch(path, query);
  const stored = STORED.exec(path);
  if (!stored || !STORED_METHODS[stored[2] ?? '']?.includes(method)) return null;
  const upstreamQuery = query !== '' && QUERY_SAFE.test(query) ? `?${query}` : '';
  const upstreamPath = `${path.slice(PREFIX.length)}${upstreamQuery}`;
  return { route: storedObject, path: { ...plainPath(upstreamPath), objectId: stored[1] ?? '' } };
}

function geminiMatch(path: string, query: string): RelayMatch | null {
  const gemini = matchGemini(path, query);
  if (!gemini) return null;
  const route = gemini.verb === 'countTokens' ? geminiCountTokens : generateContent;
  return { route, path: { ...plainPath(''), gemini, queryKey: keyInQuery(query) } };
}

/** The `?key=` that Google's clients may send instead of a header. */
export function keyInQuery(query: string): string | null {
  return new URLSearchParams(query).get('key') || null;
}

function plainPath(upstreamPath: string): RelayPath {
  return { upstreamPath, objectId: null, gemini: null, queryKey: null };
}

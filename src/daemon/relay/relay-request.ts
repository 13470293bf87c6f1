import type { RequestId } from '../../core/ids.ts';
import type { EpochMs } from '../../core/time.ts';
import type { UpstreamKind, Wire } from '../../core/upstreams/index.ts';
import type { Dialect, RequestScan } from './dialects/index.ts';

/** One relayed path: how it is spoken, where it goes at the upstream, and how it is counted. */
export interface RelayRoute {
  /** Name in events, logs and metrics, e.g. `/v1/chat/completions`. */
  readonly endpoint: string;
  readonly dialect: Dialect;
  /** How its clients speak; an upstream that speaks otherwise is asked in its own wire. Null: there is nothing to translate. */
  readonly wire: Wire | null;
  /** Kinds of upstreams that have this very path; null: any can serve it. */
  readonly kinds: readonly UpstreamKind[] | null;
  /** A question for the number of tokens; it can be answered without asking anybody. */
  readonly counts: boolean;
  /** Whether the answer's usage is priced. */
  readonly metered: boolean;
  /** True for verbs on an object that lives at one provider account. */
  readonly onObject: boolean;
}

/** Whether its answers may hold items that only the account which made them can read. */
export function makesSealedItems({ endpoint }: RelayRoute): boolean {
  return endpoint.startsWith('/v1/responses');
}

/** What the target of a request says. */
export interface RelayPath {
  /** Behind the base URL of an upstream of the same wire, with its query. Gemini's depends on the upstream's model. */
  readonly upstreamPath: string;
  /** Id in the path, for verbs on objects. */
  readonly objectId: string | null;
  readonly gemini: GeminiPath | null;
  /** Gemini's clients may send the key as `?key=`. */
  readonly queryKey: string | null;
}

/** Gemini has in its path what others have in the body. */
export interface GeminiPath {
  readonly model: string;
  readonly verb: 'generateContent' | 'streamGenerateContent' | 'countTokens';
  /** Server-sent events; without `alt=sse` a stream is one JSON array. */
  readonly isSse: boolean;
}

/** Facts of the incoming message that later steps need. */
export interface Incoming extends RelayPath {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly token: string | null;
  readonly userAgent: string;
  readonly ip: string;
  readonly idempotencyKey: string | null;
  /** Headers for the upstream, flat: name, value, name, value … */
  readonly headersUp: readonly string[];
  /** What a header calls the conversation, with the header's name; null when none does. */
  readonly sessionHeader: { readonly source: string; readonly name: string } | null;
}

/** A request that was read whole. Its bytes are kept as they came. */
export interface RelayRequest {
  readonly id: RequestId;
  readonly at: EpochMs;
  readonly startedMs: number;
  readonly route: RelayRoute;
  readonly incoming: Incoming;
  readonly body: Buffer;
  /** Null for requests without a body. */
  readonly scan: RequestScan | null;
  readonly model: string;
  readonly stream: boolean;
}

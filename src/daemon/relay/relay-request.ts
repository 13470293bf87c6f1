import type { RequestId } from '../../core/ids.ts';
import type { EpochMs } from '../../core/time.ts';
import type { Dialect, RequestScan } from './dialects/index.ts';

/** One relayed path: how it is spoken, where it goes at the upstream, and how it is counted. */
export interface RelayRoute {
  /** Name in events, logs and metrics, e.g. `/v1/chat/completions`. */
  readonly endpoint: string;
  readonly dialect: Dialect;
  /** Whether the answer's usage is priced. */
  readonly metered: boolean;
  /** True for verbs on an object that lives at one provider account. */
  readonly onObject: boolean;
}

/** Facts of the incoming message that later steps need. */
export interface Incoming {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path behind `/v1`, with its query, as it goes to the upstream. */
  readonly upstreamPath: string;
  /** Id in the path, for verbs on objects. */
  readonly objectId: string | null;
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

import type { TokenUsage } from '../../../core/usage/index.ts';
import type { FieldTable, HeadVerdict, ScannedObject, SseEvent } from '../../wire/index.ts';

/** The top-level request fields that the relay reads; everything else passes unseen. */
export type RequestField =
  | 'model'
  | 'stream'
  | 'stream_options'
  | 'max_tokens'
  | 'max_completion_tokens'
  | 'max_output_tokens'
  | 'prompt_cache_key'
  | 'previous_response_id'
  | 'conversation'
  | 'store'
  | 'service_tier'
  | 'metadata'
  | 'background'
  | 'user';

/** What an answer tells about itself. Null where it does not say. */
export interface AnswerFacts {
  usage: TokenUsage | null;
  servedModel: string | null;
  serviceTier: string | null;
  /** The id under which the provider keeps the answer. */
  objectId: string | null;
  /** The provider is still at it: this is the state of an answer, not the answer. */
  isRunning: boolean;
  /** Set when an answer with a good status is an error all the same. */
  failure: StreamFailure | null;
}

export interface StreamFailure {
  /** As an HTTP status, had the provider answered with one. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Follows one stream of an answer. Before the commit point it sees every event, after it only those that matter. */
export interface StreamReader {
  readonly facts: AnswerFacts;
  /** True once the event that ends a well-formed answer was seen. */
  readonly isEnded: boolean;
  /** Set once the provider said, within the stream, that it failed. */
  readonly failure: StreamFailure | null;
  /** Reads an event and says whether it carries output, so that the answer is committed with it. */
  read(event: SseEvent): 'preamble' | 'output' | 'failed' | 'ended';
  /** After the commit point: true when nothing in the event has to be read. A cheap look; false is always right. */
  isPlain(event: SseEvent): boolean;
  /** For events after the commit point: which of them `read` must see. Null: all, because all are rewritten. */
  readonly watch: { readonly markers: readonly Buffer[]; judge(head: Buffer): HeadVerdict } | null;
  /** Present when events must be changed on their way: the bytes to send, or null to drop the event. `isPlain` as that found. */
  readonly rewrite: ((event: SseEvent, isPlain: boolean) => Buffer | null) | null;
  /** The stream is over: what that alone tells is read, and what the client must have besides is given. */
  readonly close?: () => Buffer | null;
}

export interface StreamRequest {
  /** The relay asked for usage on the client's behalf, so the client must not see it. */
  readonly usageInjected: boolean;
}

/** Gathers a stream into the answer that it would have been without one. */
export interface AnswerFold {
  readonly reader: StreamReader;
  /** Sees every event before `reader` does. */
  readonly take?: (event: SseEvent) => void;
  /** The whole answer, once `reader` is ended. */
  body(): Buffer;
}

/** An error in no API's words. */
export interface ErrorFacts {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
}

/** One northbound API as the relay sees its answers. */
export interface Dialect {
  readonly fields: FieldTable<RequestField>;
  /** Reads usage and names out of a complete JSON answer; null when the body is not what this API answers. */
  readJson(body: Buffer): AnswerFacts | null;
  /** What the client gets in place of the answer that `readJson` has just read, if that is another. */
  readonly rewriteJson?: () => Buffer;
  /** Null: this API never streams. */
  openStream: ((request: StreamRequest) => StreamReader) | null;
  /** For an upstream that only streams, when the client did not ask for a stream; without it, what comes is passed as it is. */
  readonly openFold?: () => AnswerFold;
  /** Whether a chat-style `stream_options.include_usage` has to be asked for. */
  readonly injectsStreamUsage: boolean;
  /** An error body as this API's clients read it; without it, OpenAI's. */
  readonly errorBody?: (error: ErrorFacts) => object;
  /** Ends a broken stream in the client's own terms. */
  errorEvent(code: string, message: string): Buffer;
  /** Sent while the upstream is silent, after the commit point. Must not disturb any client of this API. */
  readonly keepalive: Buffer;
}

export type RequestScan = ScannedObject<RequestField>;

export function noFacts(): AnswerFacts {
  return { usage: null, servedModel: null, serviceTier: null, objectId: null, isRunning: false, failure: null };
}

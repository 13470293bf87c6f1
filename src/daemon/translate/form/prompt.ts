import type { Wire } from '../../../core/upstreams/index.ts';

export { WIRES } from '../../../core/upstreams/index.ts';
export type { Wire };

/**
 * A request for one answer, in no provider's words. Each wire reads its requests into this form and writes its own out of
 * it; so a new wire is one folder, and not one translator for each of the others.
 */
export interface Prompt {
  readonly model: string;
  readonly stream: boolean;
  /** In order. Instructions stand where the client put them; a wire that has a place of its own for them has them first. */
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | null;
  readonly parallelToolCalls: boolean | null;
  readonly sampling: Sampling;
  readonly reasoning: Reasoning | null;
  readonly format: OutputFormat | null;
  /** A taste: what has no word for it answers the same at a length of its own. */
  readonly verbosity: 'low' | 'medium' | 'high' | null;
  readonly hints: Hints;
  /** The client of a stream asked for usage in it; only the chat wire has such a question. */
  readonly wantsStreamUsage: boolean;
}

export type Role = 'system' | 'developer' | 'user' | 'assistant';

/** What one side said at once. Results of tools stand in turns of the user. */
export interface Turn {
  readonly role: Role;
  readonly parts: readonly Part[];
}

export type Part =
  | TextPart
  | ImagePart
  | FilePart
  | AudioPart
  | RefusalPart
  | ReasoningPart
  | ToolCallPart
  | ToolResultPart;

export interface TextPart {
  readonly kind: 'text';
  readonly text: string;
  /** Bound to this text by the provider that made it (Gemini signs parts of any kind). */
  readonly seal?: Seal | null;
}

/** Bytes within the request, or where the provider finds them. */
export type MediaSource =
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'url'; readonly url: string; readonly mediaType?: string | null }
  | { readonly kind: 'file-id'; readonly id: string; readonly mediaType?: string | null };

export interface ImagePart {
  readonly kind: 'image';
  readonly source: MediaSource;
  readonly detail: 'auto' | 'low' | 'high' | 'original' | null;
}

export interface FilePart {
  readonly kind: 'file';
  readonly source: MediaSource;
  readonly name: string | null;
}

export interface AudioPart {
  readonly kind: 'audio';
  readonly data: string;
  /** As the chat wire names it: `wav`, `mp3`. */
  readonly format: string;
}

/** The model's words for not doing it. */
export interface RefusalPart {
  readonly kind: 'refusal';
  readonly text: string;
}

/** What the model thought. The summary may be empty where only the provider can read the rest. */
export interface ReasoningPart {
  readonly kind: 'reasoning';
  readonly text: string;
  readonly seal: Seal | null;
}

/**
 * Bytes that only the provider of one wire understands: encrypted reasoning, a thinking signature, redacted thinking.
 * They travel through the other wires as they are and are shown to no wire but their own.
 */
export interface Seal {
  readonly wire: Wire;
  /** Tells forms within one wire apart: `signature`, `redacted`, `encrypted`, `thought`. */
  readonly kind: string;
  readonly data: string;
  /** The provider's id of the sealed item, if it has one. */
  readonly id: string | null;
}

export interface ToolCallPart {
  readonly kind: 'tool-call';
  readonly callId: string;
  readonly name: string;
  /** JSON text of the arguments; for a custom tool its free input. */
  readonly input: string;
  readonly isCustom: boolean;
  readonly seal?: Seal | null;
}

export interface ToolResultPart {
  readonly kind: 'tool-result';
  readonly callId: string;
  /** Name of the tool, where the wire says it or the call stands in an earlier turn; some wires need it. */
  readonly name: string | null;
  readonly isCustom: boolean;
  readonly parts: readonly (TextPart | ImagePart | FilePart)[];
  readonly isError: boolean;
}

export type Tool =
  | {
      readonly kind: 'function';
      readonly name: string;
      readonly home?: ToolHome;
      readonly description: string | null;
      /** JSON Schema of the arguments; null: none were declared. */
      readonly parameters: Readonly<Record<string, unknown>> | null;
      readonly strict: boolean | null;
    }
  | {
      readonly kind: 'custom';
      readonly name: string;
      readonly home?: ToolHome;
      readonly description: string | null;
      readonly grammar: { readonly syntax: string; readonly definition: string } | null;
    }
  /**
   * Run by the provider itself (`web_search`): only a wire that has the same can take it. Options are named as in the
   * Responses wire (`search_context_size`, `user_location`, `filters.allowed_domains`); a wire refuses those it lacks.
   */
  | { readonly kind: 'hosted'; readonly name: 'web_search'; readonly options: Readonly<Record<string, unknown>> };

/** Where the client keeps a tool whose `name` was made of both; only the Responses wire has namespaces. */
export interface ToolHome {
  readonly namespace: string;
  readonly name: string;
}

export type ToolChoice =
  | { readonly kind: 'auto' | 'none' | 'required' }
  | { readonly kind: 'tool'; readonly name: string };

/** Null: the client did not say. */
export interface Sampling {
  readonly maxOutputTokens: number | null;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly stop: readonly string[];
  readonly seed: number | null;
  readonly presencePenalty: number | null;
  readonly frequencyPenalty: number | null;
}

export interface Reasoning {
  readonly effort: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max' | null;
  /** Tokens that may be spent on thinking, where the client counts them. */
  readonly budgetTokens: number | null;
  /** Whether and how the client wants to see it; null: not said. */
  readonly summary: 'none' | 'auto' | 'concise' | 'detailed' | null;
  /** The client keeps the conversation and wants what it needs to send sealed reasoning back. */
  readonly wantsSeal: boolean;
}

export type OutputFormat =
  | { readonly kind: 'json' }
  | {
      readonly kind: 'schema';
      readonly name: string;
      readonly description: string | null;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly strict: boolean | null;
    };

/** What may be left out where the other wire has no word for it: the answer means the same without. */
export interface Hints {
  readonly cacheKey: string | null;
  readonly endUser: string | null;
  readonly serviceTier: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

export const NO_SAMPLING: Sampling = {
  maxOutputTokens: null,
  temperature: null,
  topP: null,
  topK: null,
  stop: [],
  seed: null,
  presencePenalty: null,
  frequencyPenalty: null,
};

export const NO_HINTS: Hints = { cacheKey: null, endUser: null, serviceTier: null, metadata: null };

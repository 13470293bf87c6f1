import type { TokenUsage } from '../../../core/usage/index.ts';
import type { Seal } from './prompt.ts';

/**
 * An answer as it comes to be, in no provider's words. A whole answer is the same events at once, so each wire is read and
 * written one way only. Blocks are numbered from 0 in the order in which they begin; they may overlap (parallel calls).
 * Order: `start`, then blocks, then exactly one of `end` and `failed`, after which nothing comes. Before `end` every block
 * has ended; what has not ended before `failed` was cut off, so that no client acts on half of a call.
 */
export type AnswerEvent =
  | { readonly type: 'start'; readonly id: string | null; readonly model: string | null }
  | { readonly type: 'block-start'; readonly block: number; readonly content: BlockContent }
  | { readonly type: 'delta'; readonly block: number; readonly text: string }
  /** What only the provider can read, for the block as a whole; at any time before its end. */
  | { readonly type: 'seal'; readonly block: number; readonly seal: Seal }
  /** A source that the text names, where the wire has such. */
  | {
      readonly type: 'citation';
      readonly block: number;
      readonly url: string;
      readonly title: string | null;
      /** The stretch of the block's text that it backs, in UTF-16 units, where the wire says so. */
      readonly span?: { readonly start: number; readonly end: number } | null;
    }
  | { readonly type: 'block-end'; readonly block: number }
  | {
      readonly type: 'end';
      readonly reason: EndReason;
      /** The text that stopped it, where the wire says so. */
      readonly stopSequence: string | null;
      readonly usage: TokenUsage | null;
      readonly serviceTier: string | null;
    }
  | { readonly type: 'failed'; readonly status: number; readonly code: string; readonly message: string };

/** What the deltas of a block add up to. A custom tool's input is free text, a function's is JSON. */
export type BlockContent =
  | { readonly kind: 'text' | 'reasoning' | 'refusal' }
  | { readonly kind: 'tool-call'; readonly callId: string; readonly name: string; readonly isCustom: boolean };

/** `length`: the limit of tokens; `filtered`: the provider held it back. */
export type EndReason = 'stop' | 'length' | 'tool-calls' | 'filtered' | 'refusal' | 'stop-sequence' | 'pause';

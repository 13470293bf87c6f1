import type { UpstreamError } from './answer.ts';
import type { Exchange } from './exchange.ts';

/** What the model says, whatever the wire. */
export interface Completion {
  readonly text: string;
  /** The model named in the answer; default: the one asked for. */
  readonly model?: string;
  readonly usage: TokenCounts | null;
  /** Where a chat stream shows its usage. `as-asked` follows stream_options; the others are what some providers do. */
  readonly chatUsage: 'as-asked' | 'every-chunk' | 'finish-chunk' | 'never';
  readonly reasoning?: string;
  readonly toolCall?: { readonly name: string; readonly arguments: string };
  readonly ends: 'complete' | 'length' | 'content_filter';
  /** Breaks off inside the answer, which has status 200, after so many words. */
  readonly failure?: UpstreamError & { readonly afterWords: number; readonly as: 'failed' | 'error' };
  readonly serviceTier: string;
  /** The Codex backend leaves `output` of its terminal event empty. */
  readonly emptyTerminalOutput: boolean;
}

/** `cachedInput` and `cacheWrite` are parts of `input`, `reasoning` is a part of `output`. */
export interface TokenCounts {
  readonly input: number;
  readonly output: number;
  readonly cachedInput: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
}

export type CompletionChanges = Partial<Omit<Completion, 'usage'>> & { readonly usage?: Partial<TokenCounts> | null };

export const CREATED_AT_S = 1_790_000_000;
const DEFAULT_USAGE: TokenCounts = { input: 11, output: 7, cachedInput: 0, cacheWrite: 0, reasoning: 0 };
const DEFAULT: Completion = {
  text: 'Hello from the fake upstream, word by word.',
  usage: DEFAULT_USAGE,
  chatUsage: 'as-asked',
  ends: 'complete',
  serviceTier: 'default',
  emptyTerminalOutput: false,
};

export function completionOf(changes: CompletionChanges): Completion {
  const usage = changes.usage === null ? null : { ...DEFAULT_USAGE, ...changes.usage };
  return { ...DEFAULT, ...changes, usage };
}

export function modelOf(completion: Completion, { request }: Exchange): string {
  return completion.model ?? request.model ?? 'unnamed';
}

/** The text in the pieces in which it streams: words with the space behind them, as far as a failure lets it come. */
export function wordsOf({ text, failure }: Completion): string[] {
  const words = text.match(/\S+\s*/g) ?? [];
  return failure ? words.slice(0, failure.afterWords) : words;
}

/** Cuts tool arguments in two, so that a reader has to join them. */
export function halvesOf(text: string): string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((half) => half !== '');
}

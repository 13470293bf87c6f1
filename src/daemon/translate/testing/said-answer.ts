import type { AnswerEvent, BlockContent, Prompt, Seal, Told } from '../form/index.ts';
import { NO_HINTS, NO_SAMPLING } from '../form/index.ts';

const USAGE = { input: 120, cachedInput: 40, cacheWrite5m: 10, cacheWrite1h: 5, output: 30, reasoning: 12 };

export function promptOf(changes: Partial<Prompt> = {}): Prompt {
  return {
    model: 'the-model',
    stream: false,
    turns: [{ role: 'user', parts: [{ kind: 'text', text: 'hi' }] }],
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    sampling: NO_SAMPLING,
    reasoning: null,
    format: null,
    verbosity: null,
    hints: NO_HINTS,
    wantsStreamUsage: false,
    ...changes,
  };
}

export function toldOf(prompt: Prompt = promptOf()): Told {
  return { prompt, seed: 'seed0001', createdAt: 1_790_000_000, model: prompt.model };
}

export interface Said {
  readonly content: BlockContent;
  /** In the pieces in which it comes. */
  readonly pieces: readonly string[];
  readonly seal?: Seal;
}

export function text(...pieces: readonly string[]): Said {
  return { content: { kind: 'text' }, pieces };
}

export function call(callId: string, name: string, ...pieces: readonly string[]): Said {
  return { content: { kind: 'tool-call', callId, name, isCustom: false }, pieces };
}

type End = Extract<AnswerEvent, { type: 'end' }>;

/** A whole answer as its events, one block after the other. */
export function answer(said: readonly Said[], end: Partial<Omit<End, 'type'>> = {}): AnswerEvent[] {
  const blocks = said.flatMap(({ content, pieces, seal }, block): AnswerEvent[] => [
    { type: 'block-start', block, content },
    ...(seal ? [{ type: 'seal', block, seal } as const] : []),
    ...pieces.map((piece) => ({ type: 'delta', block, text: piece }) as const),
    { type: 'block-end', block },
  ]);
  return [
    { type: 'start', id: 'upstream-1', model: 'upstream-model' },
    ...blocks,
    { type: 'end', reason: 'stop', stopSequence: null, usage: USAGE, serviceTier: null, ...end },
  ];
}

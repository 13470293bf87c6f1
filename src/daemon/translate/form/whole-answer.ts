import type { AnswerEvent, BlockContent } from './answer-event.ts';
import type { Seal } from './prompt.ts';

export type AnswerEnd = Extract<AnswerEvent, { type: 'end' }>;
export type AnswerFailure = Extract<AnswerEvent, { type: 'failed' }>;
export type Citation = Extract<AnswerEvent, { type: 'citation' }>;

export interface WholeBlock {
  readonly content: BlockContent;
  readonly text: string;
  readonly seal: Seal | null;
  readonly citations: readonly Citation[];
}

/** What the events of an answer add up to. */
export interface WholeAnswer {
  readonly id: string | null;
  readonly model: string | null;
  /** In the order in which they began. */
  readonly blocks: readonly WholeBlock[];
  readonly ending: AnswerEnd | AnswerFailure | null;
}

/** Adds up events. A block that was sealed twice has its last seal. */
export function foldAnswer(events: Iterable<AnswerEvent>): WholeAnswer {
  const blocks = new Map<number, GrowingBlock>();
  let start: Extract<AnswerEvent, { type: 'start' }> | null = null;
  let ending: WholeAnswer['ending'] = null;
  for (const event of events) {
    if (event.type === 'start') start = event;
    else if (event.type === 'end' || event.type === 'failed') ending = event;
    else if (event.type === 'block-start') blocks.set(event.block, new GrowingBlock(event.content));
    else blocks.get(event.block)?.take(event);
  }
  return {
    id: start?.id ?? null,
    model: start?.model ?? null,
    blocks: [...blocks.values()].map((block) => block.whole()),
    ending,
  };
}

class GrowingBlock {
  readonly #content: BlockContent;
  readonly #texts: string[] = [];
  readonly #citations: Citation[] = [];
  #seal: Seal | null = null;

  constructor(content: BlockContent) {
    this.#content = content;
  }

  take(event: AnswerEvent): void {
    if (event.type === 'delta') this.#texts.push(event.text);
    else if (event.type === 'seal') this.#seal = event.seal;
    else if (event.type === 'citation') this.#citations.push(event);
  }

  whole(): WholeBlock {
    return { content: this.#content, text: this.#texts.join(''), seal: this.#seal, citations: this.#citations };
  }
}

import {
  type AnswerEvent,
  type BlockContent,
  type Citation,
  clientNames,
  type EventWriter,
  type Json,
  type Told,
} from '../form/index.ts';
import { chatUsage, errorBody } from '../openai/index.ts';
import { annotation, answerHead } from './answer-shape.ts';
import { writeFinishReason } from './end-reasons.ts';

type Event<T extends AnswerEvent['type']> = Extract<AnswerEvent, { type: T }>;

interface Block {
  readonly content: BlockContent;
  /** Place among the calls, or where the block begins in the content. */
  readonly place: number;
  hasText: boolean;
}

/**
 * Writes chunks (OpenAI API reference, "The chat completion chunk object"): the role with the first, the reason with the
 * last, usage only for who asked, then in a chunk of its own and as null in all others, and `[DONE]`. What only the
 * provider can read has no place here.
 */
export class ChatWriter implements EventWriter {
  readonly #told: Told;
  readonly #nameOf: (name: string) => string;
  readonly #blocks = new Map<number, Block>();
  #head: Json;
  #hasSpoken = false;
  #hasThought = false;
  #hadRefusal = false;
  #calls = 0;
  #length = 0;

  constructor(told: Told) {
    this.#told = told;
    this.#nameOf = clientNames(told.prompt);
    this.#head = answerHead('chat.completion.chunk', null, told);
  }

  write(event: AnswerEvent): string {
    switch (event.type) {
      case 'start':
        this.#head = answerHead('chat.completion.chunk', event.id, this.#told);
        return '';
      case 'block-start':
        return this.#begin(event);
      case 'delta':
        return this.#continue(event);
      case 'citation':
        return this.#cite(event);
      case 'seal':
      case 'block-end':
        return '';
      case 'end':
        return this.#end(event);
      case 'failed':
        return `${data(errorBody({ ...event, field: null }))}${DONE}`;
    }
  }

  #begin({ block, content }: Event<'block-start'>): string {
    const isCall = content.kind === 'tool-call';
    this.#blocks.set(block, { content, place: isCall ? this.#calls++ : this.#length, hasText: false });
    if (!isCall) return this.#hasSpoken ? '' : this.#delta({ content: content.kind === 'text' ? '' : null });
    const { callId: id, isCustom } = content;
    const name = this.#nameOf(content.name);
    const call = isCustom
      ? { id, type: 'custom', custom: { name, input: '' } }
      : { id, type: 'function', function: { name, arguments: '' } };
    return this.#delta({ ...(!this.#hasSpoken && { content: null }), ...this.#call(block, call) });
  }

  #continue({ block, text }: Event<'delta'>): string {
    const state = this.#blocks.get(block);
    if (!state || text === '') return '';
    const isFirst = !state.hasText;
    state.hasText = true;
    switch (state.content.kind) {
      case 'text':
        this.#length += text.length;
        return this.#delta({ content: text });
      case 'refusal':
        this.#hadRefusal = true;
        return this.#delta({ refusal: text });
      case 'reasoning': {
        const gap = isFirst && this.#hasThought ? '\n\n' : '';
        this.#hasThought = true;
        return this.#delta({ reasoning_content: gap + text });
      }
      case 'tool-call': {
        const call = state.content.isCustom ? { custom: { input: text } } : { function: { arguments: text } };
        return this.#delta(this.#call(block, call));
      }
    }
  }

  #call(block: number, call: Json): Json {
    return { tool_calls: [{ index: this.#blocks.get(block)?.place ?? 0, ...call }] };
  }

  #cite(citation: Citation): string {
    const place = this.#blocks.get(citation.block)?.place ?? 0;
    return this.#delta({ annotations: [annotation(citation, place, this.#length)] });
  }

  #end({ reason, usage, serviceTier }: Event<'end'>): string {
    const opening = this.#hasSpoken ? '' : this.#delta({ content: null });
    const finish = this.#chunk({}, writeFinishReason(reason, this.#hadRefusal), serviceTier);
    const asked = this.#told.prompt.wantsStreamUsage && usage !== null;
    const last = asked ? data({ ...this.#head, choices: [], usage: chatUsage(usage) }) : '';
    return `${opening}${finish}${last}${DONE}`;
  }

  #delta(delta: Json): string {
    const role = this.#hasSpoken ? {} : { role: 'assistant', refusal: null };
    this.#hasSpoken = true;
    return this.#chunk({ ...role, ...delta }, null, null);
  }

  #chunk(delta: Json, finishReason: string | null, serviceTier: string | null): string {
    return data({
      ...this.#head,
      ...(serviceTier !== null && { service_tier: serviceTier }),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
      ...(this.#told.prompt.wantsStreamUsage && { usage: null }),
    });
  }
}

const DONE = 'data: [DONE]\n\n';

function data(value: Json): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

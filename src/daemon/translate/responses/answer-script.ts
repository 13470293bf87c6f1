import type { AnswerEvent, BlockContent, Json, Seal, Told } from '../form/index.ts';
import { errorBody, responsesUsage } from '../openai/index.ts';
import { type Bound, carrySeal } from './carried-seal.ts';
import { writeIncomplete } from './end-reasons.ts';
import { type CalledTool, clientTools } from './namespaces.ts';
import { added, done, type OutputItem, type StreamEvent } from './output-item.ts';
import { type ResponseState, responseObject } from './response-object.ts';
import { callItem } from './write-call-item.ts';
import { messageItem } from './write-message-item.ts';
import { reasoningItem } from './write-reasoning-item.ts';

type Event<T extends AnswerEvent['type']> = Extract<AnswerEvent, { type: T }>;

interface Block {
  readonly content: BlockContent;
  readonly item: OutputItem;
  readonly index: number;
  seal: Seal | null;
}

/**
 * Says an answer in the events of Responses, in the order of the API reference: created, in_progress, each item from
 * `added` to `done`, and one last event with the whole answer. A whole answer is that last event's.
 */
export class AnswerScript {
  readonly #told: Told;
  readonly #toolOf: (name: string) => CalledTool;
  readonly #blocks = new Map<number, Block>();
  readonly #output: Json[] = [];
  #id: string;
  #items = 0;
  #hadRefusal = false;

  constructor(told: Told) {
    this.#told = told;
    this.#toolOf = clientTools(told.prompt);
    this.#id = `resp_${told.seed}`;
  }

  say(event: AnswerEvent): readonly StreamEvent[] {
    switch (event.type) {
      case 'start':
        return this.#start(event);
      case 'block-start':
        return this.#begin(event);
      case 'delta':
        return event.text === '' ? [] : (this.#blocks.get(event.block)?.item.add(event.text) ?? []);
      case 'citation':
        return this.#blocks.get(event.block)?.item.cite(event) ?? [];
      case 'seal': {
        const block = this.#blocks.get(event.block);
        if (block) block.seal = event.seal;
        return [];
      }
      case 'block-end':
        return this.#finish(event.block);
      case 'end':
        return this.#end(event);
      case 'failed':
        return this.#fail(event);
    }
  }

  // The upstream's id stays if it is one of this API.
  #start({ id }: Event<'start'>): readonly StreamEvent[] {
    if (id?.startsWith('resp_')) this.#id = id;
    const response = this.#response({ status: 'in_progress' });
    return [
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ];
  }

  #begin({ block, content }: Event<'block-start'>): readonly StreamEvent[] {
    if (content.kind === 'refusal') this.#hadRefusal = true;
    const index = this.#items++;
    const item = this.#open(content, index);
    this.#blocks.set(block, { content, item, index, seal: null });
    return item.begin();
  }

  #open(content: BlockContent, index: number): OutputItem {
    switch (content.kind) {
      case 'text':
      case 'refusal':
        return messageItem(content.kind, this.#itemId('msg', index), index);
      case 'reasoning':
        return reasoningItem(this.#itemId('rs', index), index);
      case 'tool-call': {
        const { callId, name, isCustom } = content;
        return callItem(callId, this.#toolOf(name), isCustom, this.#itemId(isCustom ? 'ctc' : 'fc', index), index);
      }
    }
  }

  #finish(key: number): readonly StreamEvent[] {
    const block = this.#blocks.get(key);
    if (!block) return [];
    this.#blocks.delete(key);
    const { events, item } = block.item.end(block.seal);
    this.#output[block.index] = item;
    return [...events, done(block.index, item), ...this.#carry(block)];
  }

  /** Words and calls cannot hold a seal; an empty thought after them does. */
  #carry({ content, seal }: Block): readonly StreamEvent[] {
    if (!seal || (content.kind !== 'text' && content.kind !== 'tool-call')) return [];
    const bound: Bound = content.kind === 'tool-call' ? { to: 'call', callId: content.callId } : { to: 'text' };
    const index = this.#items++;
    const item = { id: this.#itemId('rs', index), type: 'reasoning', summary: [] };
    const sealed = { ...item, encrypted_content: carrySeal(seal, bound) };
    this.#output[index] = sealed;
    return [added(index, item), done(index, sealed)];
  }

  #end({ reason, usage, serviceTier }: Event<'end'>): readonly StreamEvent[] {
    const left = [...this.#blocks.keys()].flatMap((key) => this.#finish(key));
    const incomplete = writeIncomplete(reason, this.#hadRefusal);
    const status = incomplete ? 'incomplete' : 'completed';
    const response = this.#response({ status, incomplete, serviceTier, usage: usage && responsesUsage(usage) });
    return [...left, { type: `response.${status}`, response }];
  }

  // Codex CLI understands `response.failed` and nothing else; the SDKs raise on the `error` event that follows.
  #fail({ status, code, message }: Event<'failed'>): readonly StreamEvent[] {
    const response = this.#response({ status: 'failed', error: { code, message } });
    return [
      { type: 'response.failed', response },
      { type: 'error', code, message, param: null, ...errorBody({ status, code, message, field: null }) },
    ];
  }

  #response(state: Partial<ResponseState> & Pick<ResponseState, 'status'>): Json {
    const output = this.#output.filter((item) => item !== undefined);
    const empty = { id: this.#id, output, usage: null, serviceTier: null, incomplete: null, error: null };
    return responseObject({ ...empty, ...state }, this.#told);
  }

  #itemId(prefix: string, index: number): string {
    return `${prefix}_${this.#told.seed}${String(index).padStart(3, '0')}`;
  }
}

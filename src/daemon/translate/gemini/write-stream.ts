import {
  type AnswerEvent,
  type BlockContent,
  clientNames,
  type EventWriter,
  type Json,
  type Seal,
  type Told,
} from '../form/index.ts';
import { writeGeminiError } from './errors.ts';
import { callPart, grounding, wordsPart } from './parts.ts';
import { closing, names } from './write-answer.ts';

type BlockEvent = Extract<AnswerEvent, { readonly block: number }>;
type Citation = Extract<AnswerEvent, { readonly type: 'citation' }>;

interface Block {
  readonly content: BlockContent;
  /** Of a call, which goes out whole. */
  input: string;
  seal: Seal | null;
  isDone: boolean;
}

/**
 * Writes a stream of generateContent (Gemini API reference, "streamGenerateContent"): each event is an answer with what is
 * new. With `alt=sse` they are server-sent events; without it they are the elements of one JSON array.
 */
export class GeminiWriter implements EventWriter {
  readonly #told: Told;
  readonly #nameOf: (name: string) => string;
  readonly #blocks = new Map<number, Block>();
  readonly #citations: Citation[] = [];
  #id: string | null = null;
  #hadWords = false;
  #isFirst = true;

  constructor(told: Told) {
    this.#told = told;
    this.#nameOf = clientNames(told.prompt);
  }

  write(event: AnswerEvent): string {
    switch (event.type) {
      case 'start':
        this.#id = event.id;
        return '';
      case 'end': {
        const sources = grounding(this.#citations);
        const last = { parts: [{ text: '' }], ending: event, hadWords: this.#hadWords, sources };
        return this.#frame(closing(last, this.#id, this.#told), true);
      }
      case 'failed':
        return this.#fail(writeGeminiError({ ...event, field: null }));
      default:
        return this.#take(event);
    }
  }

  #take(event: BlockEvent): string {
    if (event.type === 'block-start')
      this.#blocks.set(event.block, { content: event.content, input: '', seal: null, isDone: false });
    if (event.type === 'citation') this.#citations.push(event);
    const block = this.#blocks.get(event.block);
    if (!block) return '';
    if (event.type === 'seal') block.seal = event.seal;
    if (event.type === 'delta') return this.#add(block, event.text);
    if (event.type === 'block-end') block.isDone = true;
    return event.type === 'block-end' ? this.#flush() : '';
  }

  #add(block: Block, text: string): string {
    if (text === '') return '';
    if (block.content.kind !== 'reasoning') this.#hadWords = true;
    if (block.content.kind !== 'tool-call') return this.#part(wordsPart(block.content.kind, text, null));
    block.input += text;
    return '';
  }

  // Calls that overlap come in the order in which they began.
  #flush(): string {
    let written = '';
    for (const [number, block] of this.#blocks) {
      if (!block.isDone) break;
      this.#blocks.delete(number);
      written += this.#end(block);
    }
    return written;
  }

  // A signature comes behind the words that it is of, in a part that says nothing more.
  #end({ content, input, seal }: Block): string {
    if (content.kind === 'tool-call') return this.#part(callPart(content, this.#nameOf(content.name), input, seal));
    return seal === null ? '' : this.#part(wordsPart(content.kind, '', seal));
  }

  #part(part: Json): string {
    const candidate = { content: { parts: [part], role: 'model' }, index: 0 };
    return this.#frame({ candidates: [candidate], ...names(this.#id, this.#told) }, false);
  }

  // Google breaks its event streams with the bare error, and its clients look for just that: within an event it would be
  // taken for an answer that says nothing.
  #fail(error: Json): string {
    return this.#told.isArrayStream === true ? this.#frame(error, true) : `${JSON.stringify(error)}\r\n`;
  }

  #frame(chunk: Json, isLast: boolean): string {
    const text = JSON.stringify(chunk);
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (this.#told.isArrayStream !== true) return `data: ${text}\r\n\r\n`;
    return `${isFirst ? '[' : ',\r\n'}${text}${isLast ? ']' : ''}`;
  }
}

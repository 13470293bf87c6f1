import type { TokenUsage } from '../../../core/usage/index.ts';
import { failureOf, readOpenaiUsage } from '../../relay/dialects/index.ts';
import {
  type AnswerEvent,
  EventOutbox,
  type EventReader,
  indexOf,
  isObject,
  type Json,
  objectOf,
  objectsOf,
  parseObject,
  textOf,
} from '../form/index.ts';
import { CallReader } from './call-reader.ts';
import { thoughtOf, wordsOf } from './delta-content.ts';
import { readFinishReason } from './end-reasons.ts';

type Kind = 'text' | 'reasoning' | 'refusal';

/**
 * Follows the chunks of a Chat Completions stream (OpenAI API reference, "The chat completion chunk object"). Only the
 * first choice is read, since no more are asked for.
 */
export class ChatReader implements EventReader {
  readonly #outbox = new EventOutbox();
  readonly #calls = new CallReader(this.#outbox);
  #words: { readonly kind: Kind; readonly block: number; readonly offset: number } | null = null;
  #length = 0;
  #id: string | null = null;
  #finishReason: string | null = null;
  #usage: TokenUsage | null = null;
  #serviceTier: string | null = null;

  read(_name: string, data: string): readonly AnswerEvent[] {
    if (this.#outbox.isOver || data.trim() === '') return [];
    // Servers that never send a reason say by this alone that the answer is whole.
    if (data.trim() === '[DONE]') this.#end(this.#finishReason ?? 'stop');
    else this.#readChunk(parseObject(data));
    return this.#outbox.take();
  }

  finish(): readonly AnswerEvent[] {
    if (!this.#outbox.isOver) {
      if (this.#finishReason === null) this.#outbox.fail(502, 'upstream_error', 'the answer broke off before its end');
      else this.#end(this.#finishReason);
    }
    return this.#outbox.take();
  }

  /** The same for a whole answer: its message is one delta of everything. */
  readWhole(answer: Json, choice: Json): readonly AnswerEvent[] {
    const message = objectOf(choice['message']);
    const calls = objectsOf(message['tool_calls']).map((call, index) => ({ ...call, index }));
    this.#readChunk({ ...answer, choices: [{ ...choice, delta: { ...message, tool_calls: calls } }] });
    if (!this.#outbox.isOver) this.#end(this.#finishReason ?? 'stop');
    return this.#outbox.take();
  }

  #readChunk(chunk: Json | null): void {
    if (chunk === null) return this.#outbox.fail(502, 'upstream_error', 'the provider sent an event that is no JSON');
    const { error } = chunk;
    if (error !== undefined && error !== null) {
      const { status, code, message } = failureOf(error);
      return this.#outbox.fail(status, code, message);
    }
    this.#id ??= textOf(chunk['id']) || null;
    this.#outbox.start(this.#id, textOf(chunk['model']));
    this.#serviceTier = textOf(chunk['service_tier']) ?? this.#serviceTier;
    const choice = objectsOf(chunk['choices']).find(({ index }) => index === undefined || index === 0) ?? {};
    // Some servers count in every chunk, and some within the choice; the last count is the whole.
    this.#usage = readOpenaiUsage(chunk['usage']) ?? readOpenaiUsage(choice['usage']) ?? this.#usage;
    if (isObject(choice['delta'])) this.#readDelta(choice['delta']);
    this.#finishReason = textOf(choice['finish_reason']) ?? this.#finishReason;
  }

  #readDelta(delta: Json): void {
    this.#say('reasoning', thoughtOf(delta));
    this.#say('text', wordsOf(delta['content']));
    for (const annotation of objectsOf(delta['annotations'])) this.#cite(objectOf(annotation['url_citation']));
    this.#say('refusal', textOf(delta['refusal']) ?? '');
    const calls = objectsOf(delta['tool_calls']);
    if (calls.length > 0) this.#closeWords();
    for (const call of calls) this.#calls.read(call, this.#id);
  }

  // Words of one kind are one block until words of another kind come.
  #say(kind: Kind, text: string): void {
    if (text === '') return;
    if (this.#words?.kind !== kind) {
      this.#closeWords();
      this.#words = { kind, block: this.#outbox.open({ kind }), offset: this.#length };
    }
    if (kind === 'text') this.#length += text.length;
    this.#outbox.delta(this.#words.block, text);
  }

  #closeWords(): void {
    if (this.#words) this.#outbox.close(this.#words.block);
    this.#words = null;
  }

  // Places count from the beginning of the content, of which a block may be only the end.
  #cite(citation: Json): void {
    const url = textOf(citation['url']);
    if (url === null || this.#words?.kind !== 'text') return;
    const { block, offset } = this.#words;
    const start = indexOf(citation['start_index']);
    const end = indexOf(citation['end_index']);
    const isWithin = start !== null && end !== null && start >= offset;
    const span = isWithin ? { start: start - offset, end: end - offset } : null;
    this.#outbox.cite({ type: 'citation', block, url, title: textOf(citation['title']), span });
  }

  #end(finishReason: string): void {
    if (this.#calls.hasNameless)
      return this.#outbox.fail(502, 'upstream_error', 'the provider called a tool of no name');
    const reason = readFinishReason(finishReason, this.#outbox);
    this.#outbox.end({ reason, stopSequence: null, usage: this.#usage, serviceTier: this.#serviceTier });
  }
}

import type { TokenUsage } from '../../../core/usage/index.ts';
import { geminiFailureOf, readGeminiUsage } from '../../relay/dialects/index.ts';
import {
  type AnswerEvent,
  EventOutbox,
  type EventReader,
  type Json,
  objectOf,
  objectsOf,
  type Prompt,
  parseObject,
  textOf,
} from '../form/index.ts';
import { readFinishReason } from './finish-reasons.ts';
import { PartReader } from './read-answer-part.ts';

/**
 * Follows a stream of generateContent (Gemini API reference, "streamGenerateContent"): each event is a whole answer that
 * holds what is new. Nothing says that it was the last, so the answer ends with the stream. Only the first candidate is
 * read, since no more are asked for.
 */
export class GeminiReader implements EventReader {
  readonly #outbox = new EventOutbox();
  readonly #parts: PartReader;
  #usage: TokenUsage | null = null;
  #finishReason: string | null = null;
  #isBlocked = false;

  constructor(sent: Prompt | undefined) {
    this.#parts = new PartReader(this.#outbox, sent);
  }

  read(_name: string, data: string): readonly AnswerEvent[] {
    if (data.trim() === '') return [];
    const chunk = parseObject(data);
    if (chunk !== null) return this.take(chunk);
    if (!this.#outbox.isOver) this.#outbox.fail(502, 'upstream_error', 'the provider sent an event that is no JSON');
    return this.#outbox.take();
  }

  /** A chunk that is parsed already; also a whole answer. */
  take(chunk: Json): readonly AnswerEvent[] {
    if (!this.#outbox.isOver) this.#readChunk(chunk);
    return this.#outbox.take();
  }

  finish(): readonly AnswerEvent[] {
    if (!this.#outbox.isOver) this.#end();
    return this.#outbox.take();
  }

  #readChunk(chunk: Json): void {
    if (chunk['error'] !== undefined && chunk['error'] !== null) {
      const { status, code, message } = geminiFailureOf(chunk['error']);
      return this.#outbox.fail(status, code, message);
    }
    const id = textOf(chunk['responseId']);
    this.#outbox.start(id, textOf(chunk['modelVersion']));
    // Every chunk counts what there was until then; the last count is the whole.
    this.#usage = readGeminiUsage(chunk['usageMetadata']) ?? this.#usage;
    if (textOf(objectOf(chunk['promptFeedback'])['blockReason'])) this.#isBlocked = true;
    const candidate = objectsOf(chunk['candidates']).find(({ index }) => index === undefined || index === 0);
    if (candidate) this.#readCandidate(candidate, id);
  }

  #readCandidate(candidate: Json, id: string | null): void {
    for (const part of objectsOf(objectOf(candidate['content'])['parts'])) this.#parts.read(part, id);
    for (const { web } of objectsOf(objectOf(candidate['groundingMetadata'])['groundingChunks'])) {
      this.#parts.cite(objectOf(web));
    }
    const reason = textOf(candidate['finishReason']);
    if (reason !== null && reason !== 'FINISH_REASON_UNSPECIFIED') this.#finishReason = reason;
  }

  #end(): void {
    if (this.#finishReason === null && !this.#isBlocked) {
      return this.#outbox.fail(502, 'upstream_error', 'the answer broke off before its end');
    }
    // A prompt that was held back has no candidate.
    const finish = readFinishReason(this.#finishReason ?? 'SAFETY', this.#parts.hadCalls);
    if (finish.isFailure) return this.#outbox.fail(502, finish.code, finish.message);
    this.#outbox.end({ reason: finish.reason, stopSequence: null, usage: this.#usage, serviceTier: null });
  }
}

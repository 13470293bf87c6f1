import type { TokenUsage } from '../../../core/usage/index.ts';
import { anthropicFailureOf, readAnthropicUsage } from '../../relay/dialects/index.ts';
import {
  type AnswerEvent,
  EventOutbox,
  type EventReader,
  indexOf,
  type Json,
  objectOf,
  type Prompt,
  parseObject,
  textOf,
} from '../form/index.ts';
import { BlockReader } from './read-block.ts';
import { readStopReason } from './stop-reasons.ts';

/** Follows a stream of the Messages API (Anthropic API reference, "Streaming messages"). */
export class MessagesReader implements EventReader {
  readonly #outbox = new EventOutbox();
  readonly #blocks: BlockReader;
  #usage: TokenUsage | null = null;
  #serviceTier: string | null = null;
  #stopReason: string | null = null;
  #stopSequence: string | null = null;

  constructor(sent: Prompt | undefined) {
    this.#blocks = new BlockReader(this.#outbox, sent);
  }

  read(name: string, data: string): readonly AnswerEvent[] {
    if (data.trim() === '') return [];
    const event = parseObject(data);
    if (event !== null) return this.take({ type: name, ...event });
    if (!this.#outbox.isOver) this.#outbox.fail(502, 'upstream_error', 'the provider sent an event that is no JSON');
    return this.#outbox.take();
  }

  /** An event that is parsed already. */
  take(event: Json): readonly AnswerEvent[] {
    if (!this.#outbox.isOver) this.#readEvent(textOf(event['type']) ?? '', event);
    return this.#outbox.take();
  }

  finish(): readonly AnswerEvent[] {
    if (!this.#outbox.isOver) {
      if (this.#stopReason === null) this.#outbox.fail(502, 'upstream_error', 'the answer broke off before its end');
      else this.#end();
    }
    return this.#outbox.take();
  }

  #readEvent(type: string, event: Json): void {
    const index = indexOf(event['index']);
    switch (type) {
      case 'message_start':
        return this.#begin(objectOf(event['message']));
      case 'content_block_start':
        if (index !== null) this.#blocks.begin(index, objectOf(event['content_block']));
        return;
      case 'content_block_delta':
        if (index !== null) this.#blocks.add(index, objectOf(event['delta']));
        return;
      case 'content_block_stop':
        if (index !== null) this.#blocks.end(index);
        return;
      case 'message_delta':
        return this.#takeEnd(objectOf(event['delta']), event['usage']);
      case 'message_stop':
        return this.#end();
      case 'error': {
        const { status, code, message } = anthropicFailureOf(event['error']);
        return this.#outbox.fail(status, code, message);
      }
      // `ping`, and what is yet to come: the API reserves the right to add events.
      default:
    }
  }

  #begin(message: Json): void {
    this.#outbox.start(textOf(message['id']), textOf(message['model']));
    this.#takeUsage(message['usage']);
  }

  #takeEnd(delta: Json, usage: unknown): void {
    this.#stopReason = textOf(delta['stop_reason']) ?? this.#stopReason;
    this.#stopSequence = textOf(delta['stop_sequence']) ?? this.#stopSequence;
    this.#takeUsage(usage);
    const explanation = textOf(objectOf(delta['stop_details'])['explanation']);
    if (explanation) this.#blocks.refuse(explanation);
  }

  #takeUsage(usage: unknown): void {
    this.#usage = readAnthropicUsage(usage, this.#usage);
    this.#serviceTier = textOf(objectOf(usage)['service_tier']) ?? this.#serviceTier;
  }

  #end(): void {
    const reason = readStopReason(this.#stopReason ?? 'end_turn');
    this.#blocks.endAll();
    this.#outbox.end({
      reason,
      stopSequence: reason === 'stop-sequence' ? this.#stopSequence : null,
      usage: this.#usage,
      serviceTier: this.#serviceTier,
    });
  }
}

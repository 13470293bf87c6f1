import { failureOf, readOpenaiUsage } from '../../relay/dialects/index.ts';
import {
  type AnswerEvent,
  EventOutbox,
  type EventReader,
  isObject,
  type Json,
  objectOf,
  objectsOf,
  parseObject,
  textOf,
} from '../form/index.ts';
import { readEndReason } from './end-reasons.ts';
import { OutputReader } from './output-reader.ts';

/**
 * Follows a stream of Responses (OpenAI API reference, "Streaming events"; the Codex service sends the same). Events that
 * it does not know are passed over; the output of the last event is needed for nothing that came before.
 */
export class ResponsesReader implements EventReader {
  readonly #outbox = new EventOutbox();
  readonly #output = new OutputReader(this.#outbox);

  read(name: string, data: string): readonly AnswerEvent[] {
    const text = data.trim();
    if (this.#outbox.isOver || text === '' || text === '[DONE]') return [];
    const event = parseObject(text);
    if (event) this.#readEvent(textOf(event['type']) ?? name, event);
    else this.#outbox.fail(502, 'upstream_error', 'the provider sent an event that is no JSON');
    return this.#outbox.take();
  }

  finish(): readonly AnswerEvent[] {
    if (!this.#outbox.isOver) this.#outbox.fail(502, 'upstream_error', 'the answer broke off before its end');
    return this.#outbox.take();
  }

  /** The same for a whole answer, which is what the last event of a stream holds. */
  readWhole(response: Json): readonly AnswerEvent[] {
    this.#end(response, textOf(response['status']) ?? 'completed');
    return this.#outbox.take();
  }

  #readEvent(type: string, event: Json): void {
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued': {
        const response = objectOf(event['response']);
        return this.#outbox.start(textOf(response['id']), textOf(response['model']));
      }
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        return this.#end(objectOf(event['response']), type.slice('response.'.length));
      case 'error':
        return this.#fail(isObject(event['error']) ? event['error'] : event);
      default:
        // An error body sent as an event names no type.
        if (type === '' && isObject(event['error'])) return this.#fail(event['error']);
        return this.#output.read(type, event);
    }
  }

  #end(response: Json, status: string): void {
    this.#outbox.start(textOf(response['id']), textOf(response['model']));
    if (status !== 'completed' && status !== 'incomplete') return this.#fail(response['error']);
    this.#output.complete(objectsOf(response['output']));
    if (this.#output.hasLost) {
      return this.#outbox.fail(502, 'upstream_error', 'the provider called a tool of no name');
    }
    const cut = status === 'incomplete' ? objectOf(response['incomplete_details']) : null;
    this.#outbox.end({
      reason: readEndReason(cut && textOf(cut['reason']), cut !== null, this.#outbox),
      stopSequence: null,
      usage: readOpenaiUsage(response['usage']),
      serviceTier: textOf(response['service_tier']),
    });
  }

  #fail(error: unknown): void {
    const { status, code, message } = failureOf(error);
    this.#outbox.fail(status, code, message);
  }
}

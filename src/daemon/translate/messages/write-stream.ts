import {
  type AnswerEnd,
  type AnswerEvent,
  clientNames,
  type EventWriter,
  type Json,
  type Told,
} from '../form/index.ts';
import { writeMessagesError } from './errors.ts';
import { emptyMessage, stopDetails } from './message.ts';
import { writeStopReason } from './stop-reasons.ts';
import { writeDeltaUsage, writeUsage } from './usage.ts';
import { BlockWriter } from './write-block.ts';

type BlockEvent = Extract<AnswerEvent, { readonly block: number }>;

/**
 * Writes a stream of the Messages API (Anthropic API reference, "Streaming messages"). Its clients know one open block at
 * a time, so what overlaps here waits for what began before it.
 */
export class MessagesWriter implements EventWriter {
  readonly #told: Told;
  readonly #nameOf: (name: string) => string;
  /** Blocks behind the open one, in the order in which they began. */
  readonly #waiting = new Map<number, BlockEvent[]>();
  #open: { readonly number: number; readonly writer: BlockWriter } | null = null;
  #nextIndex = 0;
  #hasStarted = false;

  constructor(told: Told) {
    this.#told = told;
    this.#nameOf = clientNames(told.prompt);
  }

  write(event: AnswerEvent): string {
    return this.#eventsOf(event).map(frame).join('');
  }

  #eventsOf(event: AnswerEvent): readonly Json[] {
    switch (event.type) {
      case 'start':
        return this.#start(event.id);
      case 'end':
        return [...this.#start(null), ...this.#end(event)];
      // What stands open stays so; clients give up the whole answer.
      case 'failed':
        return [writeMessagesError({ ...event, field: null })];
      default:
        return [...this.#start(null), ...this.#take(event)];
    }
  }

  #start(id: string | null): readonly Json[] {
    if (this.#hasStarted) return [];
    this.#hasStarted = true;
    const message = { ...emptyMessage(id, this.#told), usage: writeUsage(null, null) };
    return [{ type: 'message_start', message }, { type: 'ping' }];
  }

  #take(event: BlockEvent): readonly Json[] {
    if (event.type === 'block-start' && this.#open) {
      this.#waiting.set(event.block, [event]);
      return [];
    }
    if (event.type === 'block-start') return this.#begin(event);
    if (this.#open?.number !== event.block) {
      this.#waiting.get(event.block)?.push(event);
      return [];
    }
    const written = this.#open.writer.write(event);
    return event.type === 'block-end' ? [...written, ...this.#close()] : written;
  }

  #begin({ block, content }: Extract<AnswerEvent, { type: 'block-start' }>): readonly Json[] {
    this.#open = { number: block, writer: new BlockWriter(content, this.#nextIndex, this.#nameOf) };
    return [];
  }

  // The next block says all that it has to say by now.
  #close(): readonly Json[] {
    this.#nextIndex = this.#open?.writer.nextIndex ?? 0;
    this.#open = null;
    const [next] = this.#waiting;
    if (next === undefined) return [];
    this.#waiting.delete(next[0]);
    return next[1].flatMap((event) => this.#take(event));
  }

  #end(end: AnswerEnd): readonly Json[] {
    const stopReason = writeStopReason(end.reason);
    const delta = { stop_reason: stopReason, stop_sequence: end.stopSequence, ...stopDetails(stopReason) };
    return [
      { type: 'message_delta', delta, usage: writeDeltaUsage(end.usage, end.serviceTier) },
      { type: 'message_stop' },
    ];
  }
}

function frame(event: Json): string {
  return `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`;
}

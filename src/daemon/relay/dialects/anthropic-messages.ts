import { encodeEvent, FieldTable, type HeadVerdict, readJson, type SseEvent, scanObject } from '../../wire/index.ts';
import { anthropicErrorBody, anthropicFailureOf } from './anthropic-error.ts';
import { readAnthropicUsage } from './anthropic-usage.ts';
import { type AnswerFacts, type Dialect, noFacts, type StreamFailure, type StreamReader } from './dialect.ts';
import { stringOf } from './openai-answer.ts';
import { isRecord } from './openai-usage.ts';
import { REQUEST_FIELDS } from './request-fields.ts';

/** `POST /v1/messages`. */
export const anthropicMessages: Dialect = {
  fields: REQUEST_FIELDS,
  readJson: readMessage,
  openStream: () => new MessagesStream(),
  injectsStreamUsage: false,
  errorBody: ({ status, code, message, field }) => anthropicErrorBody(status, code, message, field),
  errorEvent: (code, message) => encodeEvent('error', JSON.stringify(anthropicErrorBody(500, code, message))),
  // The API's own; it resets the idle timers of its clients.
  keepalive: encodeEvent('ping', '{"type": "ping"}'),
};

/** `POST /v1/messages/count_tokens`: answered with one number, which nobody is charged for. */
export const anthropicCount: Dialect = { ...anthropicMessages, openStream: null };

type MessageField = 'type' | 'model' | 'usage' | 'error';
const MESSAGE_FIELDS = new FieldTable<MessageField>(['type', 'model', 'usage', 'error']);

/** The provider keeps no answer, so it has no id under which it could be asked for. */
function readMessage(body: Buffer): AnswerFacts | null {
  const scanned = scanObject(body, MESSAGE_FIELDS);
  if (!scanned.ok) return null;
  const usage = scanned.get('usage');
  const error = scanned.get('error');
  return {
    ...noFacts(),
    ...usageFacts(usage ? readJson(body, usage) : null, null),
    servedModel: stringOf(body, scanned.get('model')),
    failure: error?.kind === 'object' ? anthropicFailureOf(readJson(body, error)) : null,
  };
}

function usageFacts(usage: unknown, before: AnswerFacts | null): Pick<AnswerFacts, 'usage' | 'serviceTier'> {
  const tier = isRecord(usage) && typeof usage['service_tier'] === 'string' ? usage['service_tier'] : null;
  return {
    usage: readAnthropicUsage(usage, before?.usage ?? null),
    serviceTier: tier ?? before?.serviceTier ?? null,
  };
}

type EventField = 'type' | 'message' | 'usage' | 'delta' | 'error' | 'content_block';
const EVENT_FIELDS = new FieldTable<EventField>(['type', 'message', 'usage', 'delta', 'error', 'content_block']);
/** Blocks that begin empty; others are whole with their first event. */
const FRAMES: ReadonlySet<unknown> = new Set(['text', 'thinking', 'tool_use', 'server_tool_use']);
// The start too: after a long silence a stream is committed before it has begun.
const MARKERS = ['message_start', 'message_delta', 'message_stop', '"error"', 'event: error'].map((text) =>
  Buffer.from(text),
);

class MessagesStream implements StreamReader {
  readonly facts: AnswerFacts = noFacts();
  isEnded = false;
  failure: StreamFailure | null = null;
  readonly rewrite = null;
  readonly watch = { markers: MARKERS, judge: judgeHead };

  isPlain(): boolean {
    return false;
  }

  read(event: SseEvent): 'preamble' | 'output' | 'failed' | 'ended' {
    const { type, member } = parse(event);
    switch (type) {
      case 'message_start':
        this.#begin(member('message'));
        return 'preamble';
      case 'content_block_start':
        return isFrame(member('content_block')) ? 'preamble' : 'output';
      case 'content_block_delta':
        return 'output';
      case 'message_delta':
        return this.#takeEnd(member('delta'), member('usage'));
      case 'message_stop':
        this.isEnded = true;
        return 'ended';
      case 'error':
        this.failure = anthropicFailureOf(member('error'));
        return 'failed';
      default:
        return 'preamble';
    }
  }

  #begin(message: unknown): void {
    if (!isRecord(message)) return;
    this.facts.servedModel = typeof message['model'] === 'string' ? message['model'] : null;
    Object.assign(this.facts, usageFacts(message['usage'], this.facts));
  }

  // Counts are of the whole answer so far. With a reason to stop, all is said, whether or not message_stop follows.
  #takeEnd(delta: unknown, usage: unknown): 'preamble' | 'output' {
    Object.assign(this.facts, usageFacts(usage, this.facts));
    if (!isRecord(delta) || typeof delta['stop_reason'] !== 'string') return 'preamble';
    this.isEnded = true;
    return 'output';
  }
}

function isFrame(block: unknown): boolean {
  return isRecord(block) && FRAMES.has(block['type']);
}

interface Parsed {
  readonly type: string;
  readonly member: (name: EventField) => unknown;
}

// An event that is no JSON says nothing but its name.
function parse(event: SseEvent): Parsed {
  const data = event.data();
  const scanned = scanObject(data, EVENT_FIELDS);
  if (!scanned.ok) return { type: event.eventName(), member: () => null };
  const member = (name: EventField) => {
    const found = scanned.get(name);
    return found === undefined ? null : readJson(data, found);
  };
  return { type: stringOf(data, scanned.get('type')) ?? event.eventName(), member };
}

const BLOCK_EVENT = Buffer.from('event: content_block_');

/** Nearly all events are those of blocks, and name themselves first. */
function judgeHead(head: Buffer): HeadVerdict {
  const isBlock = head.length > BLOCK_EVENT.length && BLOCK_EVENT.compare(head, 0, BLOCK_EVENT.length) === 0;
  return isBlock ? 'skip' : 'unsure';
}

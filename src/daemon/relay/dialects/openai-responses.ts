import { encodeEvent, FieldTable, type HeadVerdict, type SseEvent, scanObject } from '../../wire/index.ts';
import { type AnswerFacts, type Dialect, noFacts, type StreamFailure, type StreamReader } from './dialect.ts';
import { readOpenaiJson, readOpenaiMember, stringOf } from './openai-answer.ts';
import { failureOf, openaiErrorJson } from './openai-error.ts';
import { isRecord } from './openai-usage.ts';
import { REQUEST_FIELDS } from './request-fields.ts';

/** `POST /v1/responses`. */
export const openaiResponses: Dialect = {
  fields: REQUEST_FIELDS,
  readJson: readOpenaiJson,
  openStream: () => new ResponsesStream(),
  injectsStreamUsage: false,
  // Codex CLI understands `response.failed` and nothing else; the SDKs raise on the `error` event that follows.
  errorEvent: (code, message) =>
    Buffer.concat([
      encodeEvent(
        'response.failed',
        JSON.stringify({
          type: 'response.failed',
          response: { object: 'response', status: 'failed', error: { code, message }, output: [] },
        }),
      ),
      encodeEvent('error', JSON.stringify({ type: 'error', ...JSON.parse(openaiErrorJson(code, message)) })),
    ]),
  // Comments do not reset the idle timer of Codex CLI; an event of an unknown type does, and every client skips it.
  keepalive: encodeEvent('keepalive', '{"type":"keepalive"}'),
};

type EventField = 'type' | 'response' | 'code' | 'message' | 'error';
const EVENT_FIELDS = new FieldTable<EventField>(['type', 'response', 'code', 'message', 'error']);

/** Events before the first output. An added item is only an empty frame. */
const PREAMBLE = new Set([
  '',
  'response.queued',
  'response.in_progress',
  'response.output_item.added',
  'response.content_part.added',
  'response.reasoning_summary_part.added',
  'codex.rate_limits',
  'codex.response.metadata',
  'keepalive',
]);
const MARKERS = ['response.completed', 'response.incomplete', 'response.failed', '"error"', 'event: error'].map(
  (text) => Buffer.from(text),
);

class ResponsesStream implements StreamReader {
  facts: AnswerFacts = noFacts();
  isEnded = false;
  failure: StreamFailure | null = null;
  readonly rewrite = null;
  readonly watch = { markers: MARKERS, judge: judgeHead };

  isPlain(): boolean {
    return false;
  }

  read(event: SseEvent): 'preamble' | 'output' | 'failed' | 'ended' {
    const type = event.eventName() || typeOf(event.data());
    switch (type) {
      case 'response.completed':
      case 'response.incomplete':
        this.isEnded = true;
        this.#takeFacts(event.data());
        return 'ended';
      case 'response.failed':
        this.#takeFacts(event.data());
        this.failure = failureOf(errorOf(event.data()));
        return 'failed';
      case 'error':
        this.failure = failureOf(errorOf(event.data()));
        return 'failed';
      case 'response.created':
        // Whoever leaves a background answer leaves it running: its id is what finds it again.
        this.#takeFacts(event.data());
        return 'preamble';
      default:
        return PREAMBLE.has(type) ? 'preamble' : 'output';
    }
  }

  #takeFacts(data: Buffer): void {
    const scanned = scanObject(data, EVENT_FIELDS);
    const response = scanned.ok ? scanned.get('response') : undefined;
    if (response?.kind === 'object') this.facts = readOpenaiMember(data, response);
  }
}

function typeOf(data: Buffer): string {
  const scanned = scanObject(data, EVENT_FIELDS);
  return (scanned.ok ? stringOf(data, scanned.get('type')) : null) ?? '';
}

/** The error of `response.failed` (within `response`), of an `error` event, or of an error body sent as an event. */
function errorOf(data: Buffer): unknown {
  let event: unknown;
  try {
    event = JSON.parse(data.toString('utf8'));
  } catch {
    return null;
  }
  if (!isRecord(event)) return null;
  if (isRecord(event['response'])) return event['response']['error'];
  return isRecord(event['error']) ? event['error'] : event;
}

const EVENT_PREFIX = Buffer.from('event: response.');
const TYPE_AT = EVENT_PREFIX.length;
const LETTER_C = 0x63;
const LETTER_F = 0x66;
const LETTER_I = 0x69;

/** Most events name themselves first; any whose name begins otherwise than the terminal ones is proof enough. */
function judgeHead(head: Buffer): HeadVerdict {
  if (head.length <= TYPE_AT || EVENT_PREFIX.compare(head, 0, TYPE_AT) !== 0) return 'unsure';
  const first = head[TYPE_AT];
  return first === LETTER_C || first === LETTER_F || first === LETTER_I ? 'unsure' : 'skip';
}

import {
  encodeEvent,
  FieldTable,
  type HeadVerdict,
  readJson,
  type ScannedObject,
  type SseEvent,
  scanObject,
  spliceToBuffer,
} from '../../wire/index.ts';
import { type AnswerFacts, type Dialect, noFacts, type StreamFailure, type StreamReader } from './dialect.ts';
import { readOpenaiJson, stringOf } from './openai-answer.ts';
import { failureOf, openaiErrorJson } from './openai-error.ts';
import { isRecord, readOpenaiUsage } from './openai-usage.ts';
import { REQUEST_FIELDS } from './request-fields.ts';

/** `POST /v1/chat/completions`. */
export const openaiChat: Dialect = {
  fields: REQUEST_FIELDS,
  readJson: readOpenaiJson,
  openStream: ({ usageInjected }) => new ChatStream(usageInjected),
  injectsStreamUsage: true,
  // The SDKs raise on any data with an `error` member, and stop reading at [DONE].
  errorEvent: (code, message) => Buffer.from(`data: ${openaiErrorJson(code, message)}\n\ndata: [DONE]\n\n`),
  // An event of an unknown type would reach client code as a chunk without choices, so here it is a comment.
  keepalive: Buffer.from(': keep-alive\n\n'),
};

type ChunkField = 'choices' | 'usage' | 'model' | 'service_tier' | 'error' | 'id';
const CHUNK_FIELDS = new FieldTable<ChunkField>(['choices', 'usage', 'model', 'service_tier', 'error', 'id']);
const DONE = Buffer.from('[DONE]');
const USAGE = Buffer.from('"usage"');
const ERROR = Buffer.from('"error"');
const FINISH = Buffer.from('"finish_reason":"');
const FINISH_SPACED = Buffer.from('"finish_reason": "');
const NO_USAGE = Buffer.from(',"usage":null');
const HEAD_OF_DONE_MAX = 16;
/** What the tail shows of an event; a shorter head is the whole event. */
const HEAD_BYTES = 512;

class ChatStream implements StreamReader {
  readonly facts: AnswerFacts = noFacts();
  isEnded = false;
  failure: StreamFailure | null = null;
  readonly rewrite: StreamReader['rewrite'];
  readonly watch = { markers: [USAGE, ERROR, FINISH, FINISH_SPACED], judge: judgeHead };

  constructor(usageInjected: boolean) {
    this.rewrite = usageInjected ? hideUsage : null;
  }

  isPlain(event: SseEvent): boolean {
    return isPlainChunk(event.raw);
  }

  read(event: SseEvent): 'preamble' | 'output' | 'failed' | 'ended' {
    const data = event.data();
    if (data.length <= HEAD_OF_DONE_MAX && data.includes(DONE)) {
      this.isEnded = true;
      return 'ended';
    }
    const chunk = scanObject(data, CHUNK_FIELDS);
    if (!chunk.ok) return 'preamble';
    const error = chunk.get('error');
    if (error && error.kind !== 'null') {
      this.failure = failureOf(readJson(data, error));
      return 'failed';
    }
    this.#takeFacts(data, chunk);
    return this.#hasOutput(data, chunk) ? 'output' : 'preamble';
  }

  #takeFacts(data: Buffer, chunk: ScannedObject<ChunkField>): void {
    const usage = chunk.get('usage');
    // Some upstreams send usage with every chunk; the last one that is not null counts.
    if (usage?.kind === 'object') this.facts.usage = readOpenaiUsage(readJson(data, usage)) ?? this.facts.usage;
    this.facts.servedModel ??= stringOf(data, chunk.get('model'));
    this.facts.serviceTier = stringOf(data, chunk.get('service_tier')) ?? this.facts.serviceTier;
    this.facts.objectId ??= stringOf(data, chunk.get('id'));
  }

  #hasOutput(data: Buffer, chunk: ScannedObject<ChunkField>): boolean {
    const choices = chunk.get('choices');
    if (choices?.kind !== 'array') return false;
    const list = readJson(data, choices);
    let hasOutput = false;
    for (const choice of Array.isArray(list) ? list : []) {
      if (!isRecord(choice)) continue;
      // Not every upstream closes with [DONE]; a finish reason is the end of the answer all the same.
      if (typeof choice['finish_reason'] === 'string') {
        this.isEnded = true;
        hasOutput = true;
      }
      if (isRecord(choice['delta']) && carriesOutput(choice['delta'])) hasOutput = true;
    }
    return hasOutput;
  }
}

/** The role alone, and empty fields, are not output. */
function carriesOutput(delta: Record<string, unknown>): boolean {
  return Object.entries(delta).some(
    ([name, value]) =>
      name !== 'role' && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
}

/**
 * Whether a chunk is one of the many in the middle: it names usage only to say that there is none, has no finish reason
 * and no error. Byte searches tell, because the quotes of a key cannot stand within a JSON string.
 */
function isPlainChunk(raw: Buffer): boolean {
  const at = raw.indexOf(NO_USAGE);
  if (at < 0 || raw.indexOf(USAGE) !== at + 1 || raw.indexOf(USAGE, at + NO_USAGE.length) >= 0) return false;
  return !raw.includes(FINISH) && !raw.includes(FINISH_SPACED) && !raw.includes(ERROR);
}

function judgeHead(head: Buffer): HeadVerdict {
  if (head.length < HEAD_BYTES && isPlainChunk(head)) return 'skip';
  return head.length <= DONE.length + HEAD_OF_DONE_MAX && head.includes(DONE) ? 'deliver' : 'unsure';
}

/** Takes back what `include_usage` added: `usage` in every chunk, and the last chunk, which has nothing else. */
function hideUsage(event: SseEvent, isPlain: boolean): Buffer | null {
  const { raw } = event;
  if (isPlain) {
    const at = raw.indexOf(NO_USAGE);
    return Buffer.concat([raw.subarray(0, at), raw.subarray(at + NO_USAGE.length)]);
  }
  if (!raw.includes(USAGE)) return raw;
  const data = event.data();
  const chunk = scanObject(data, CHUNK_FIELDS);
  const usage = chunk.ok ? chunk.get('usage') : undefined;
  if (!chunk.ok || !usage) return raw;
  const choices = chunk.get('choices');
  if (usage.kind === 'object' && choices?.kind === 'array' && isEmptyArray(data, choices.start, choices.end)) {
    return null;
  }
  const shown = spliceToBuffer(data, [{ do: 'remove', member: usage }]);
  // Data of several lines needs its field name on each of them.
  if (shown.includes(LF)) return encodeEvent(event.eventName() || undefined, shown.toString('utf8'));
  return Buffer.concat([DATA_FIELD, shown, EVENT_END]);
}

const DATA_FIELD = Buffer.from('data: ');
const EVENT_END = Buffer.from('\n\n');
const LF = 0x0a;

function isEmptyArray(data: Buffer, start: number, end: number): boolean {
  return end - start <= 64 && /^\[\s*\]$/.test(data.toString('latin1', start, end));
}

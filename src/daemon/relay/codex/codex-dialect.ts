import {
  encodeEvent,
  FieldTable,
  type Member,
  readNumber,
  type SseEvent,
  scanObject,
  spliceToBuffer,
} from '../../wire/index.ts';
import type { AnswerFold, Dialect, StreamReader } from '../dialects/index.ts';
import { openaiResponses } from '../dialects/index.ts';

/** Takes what a stream says of the account's limits. */
export type LimitsListener = (event: unknown) => void;

/**
 * Responses as the Codex backend speaks them: always a stream, with numbers of the account in between that are nobody's
 * business, and at the end an answer whose output may be missing.
 */
export function codexDialect(onLimits: LimitsListener): Dialect {
  return {
    ...openaiResponses,
    openStream: () => new CodexStream(onLimits),
    openFold: () => openFold(onLimits),
  };
}

/** Tells what an event of a stream says of the account's limits; most say nothing. */
export function noteLimits(event: SseEvent, onLimits: LimitsListener): void {
  if (event.eventName() === LIMITS) onLimits(parsed(event.data()));
}

const LIMITS = 'codex.rate_limits';
type EventField = 'type' | 'item' | 'output_index' | 'response';
const EVENT_FIELDS = new FieldTable<EventField>(['type', 'item', 'output_index', 'response']);
const OUTPUT_FIELD = new FieldTable<'output'>(['output']);

class CodexStream implements StreamReader {
  readonly watch = null;
  readonly #plain: StreamReader;
  readonly #items = new OutputItems();
  readonly #onLimits: LimitsListener;

  constructor(onLimits: LimitsListener) {
    this.#onLimits = onLimits;
    this.#plain = openResponses();
  }

  get facts(): StreamReader['facts'] {
    return this.#plain.facts;
  }

  get isEnded(): boolean {
    return this.#plain.isEnded;
  }

  get failure(): StreamReader['failure'] {
    return this.#plain.failure;
  }

  get items(): OutputItems {
    return this.#items;
  }

  isPlain(): boolean {
    return false;
  }

  read(event: SseEvent): ReturnType<StreamReader['read']> {
    const type = event.eventName();
    noteLimits(event, this.#onLimits);
    if (type === 'response.output_item.done') this.#items.take(event.data());
    return this.#plain.read(event);
  }

  readonly rewrite = (event: SseEvent): Buffer | null => {
    const type = event.eventName();
    if (type === LIMITS || type === 'codex.response.metadata') return null;
    if (!TERMINAL.has(type)) return event.raw;
    const data = event.data();
    const whole = this.#items.complete(data);
    return whole === data ? event.raw : encodeEvent(type, whole.toString('utf8'));
  };
}

const TERMINAL: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete']);

function openResponses(): StreamReader {
  const { openStream } = openaiResponses;
  if (!openStream) throw new Error('the Responses API streams');
  return openStream({ usageInjected: false });
}

function openFold(onLimits: LimitsListener): AnswerFold {
  const reader = new CodexStream(onLimits);
  let last: Buffer = Buffer.from('{}');
  return {
    reader,
    take: (event) => {
      if (TERMINAL.has(event.eventName())) last = Buffer.from(event.data());
    },
    body: () => {
      const whole = reader.items.complete(last);
      const event = scanObject(whole, EVENT_FIELDS);
      const response = event.ok ? event.get('response') : undefined;
      return response ? whole.subarray(response.start, response.end) : whole;
    },
  };
}

/** The output of an answer as its stream told it, by place; an item keeps its bytes. */
class OutputItems {
  readonly #byIndex = new Map<number, Buffer>();

  take(data: Buffer): void {
    const event = scanObject(data, EVENT_FIELDS);
    const item = event.ok ? event.get('item') : undefined;
    const index = event.ok ? event.get('output_index') : undefined;
    if (item?.kind !== 'object') return;
    const at = index?.kind === 'number' ? readNumber(data, index) : this.#byIndex.size;
    this.#byIndex.set(at, Buffer.from(data.subarray(item.start, item.end)));
  }

  /** A terminal event with its output in it; the same bytes when it has some, or there was none. */
  complete(data: Buffer): Buffer {
    const event = scanObject(data, EVENT_FIELDS);
    const response = event.ok ? event.get('response') : undefined;
    if (response?.kind !== 'object' || this.#byIndex.size === 0) return data;
    const inner = scanObject(data, OUTPUT_FIELD, response);
    if (!inner.ok) return data;
    const output = inner.get('output');
    if (output && !isEmpty(data, output)) return data;
    const items = [...this.#byIndex].sort(([a], [b]) => a - b).map(([, item]) => item.toString('utf8'));
    const bytes = Buffer.from(`[${items.join(',')}]`);
    const edit = output
      ? ({ do: 'replace', span: output, bytes } as const)
      : ({ do: 'insert', into: inner, name: 'output', bytes } as const);
    return spliceToBuffer(data, [edit]);
  }
}

function isEmpty(data: Buffer, { kind, start, end }: Member): boolean {
  return (
    kind === 'null' || (kind === 'array' && end - start <= 64 && /^\[\s*\]$/.test(data.toString('latin1', start, end)))
  );
}

function parsed(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return null;
  }
}

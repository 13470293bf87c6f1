import type { WebSocket } from 'ws';
import type { AnswerListener, AnswerWriter } from '../transport/index.ts';
import { FieldTable, type Member, readString, type SseEvent, SseSplitter, scanObject } from '../wire/index.ts';

/** What a turn leaves behind once its answer is whole. */
export interface FinishedTurn {
  readonly responseId: string;
  /** Items of the output, each as its bytes came. */
  readonly output: readonly Buffer[];
}

type Field = 'type' | 'item' | 'response';
const FIELDS = new FieldTable<Field>(['type', 'item', 'response']);
const ID_FIELD = new FieldTable<'id'>(['id']);
const TERMINAL: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete']);
/** More than this unsent is a client that is slower than the upstream. */
const UNSENT_MAX_BYTES = 256 * 1024;

/** The way back to a client at a WebSocket: each event of the stream is a text frame, and an error is one too. */
export class SocketAnswer implements AnswerWriter {
  readonly #socket: WebSocket;
  readonly #splitter: SseSplitter;
  readonly #ended: (turn: FinishedTurn | null) => void;
  #listener: AnswerListener | null = null;
  #status = 0;
  #headers: readonly string[] = [];
  #isStream = false;
  readonly #body: Buffer[] = [];
  readonly #output: Buffer[] = [];
  #responseId: string | null = null;
  #isOver = false;

  /** `ended` is called once: with null when there is no whole answer. */
  constructor(socket: WebSocket, eventMaxBytes: number, ended: (turn: FinishedTurn | null) => void) {
    this.#socket = socket;
    this.#ended = ended;
    this.#splitter = new SseSplitter({ onEvent: (event) => this.#send(event), eventMaxBytes });
  }

  listen(listener: AnswerListener): void {
    this.#listener = listener;
  }

  writeHead(status: number, headers: readonly string[]): void {
    this.#status = status;
    this.#headers = headers;
    const type = headers[headers.indexOf('content-type') + 1] ?? '';
    this.#isStream = status < 300 && type.startsWith('text/event-stream');
  }

  write(chunk: Buffer): boolean {
    if (!this.#isStream) {
      this.#body.push(chunk);
      return true;
    }
    this.#splitter.push(chunk);
    return this.#socket.bufferedAmount <= UNSENT_MAX_BYTES;
  }

  end(chunk?: Buffer): void {
    if (chunk) this.write(chunk);
    if (this.#isStream) {
      const rest = this.#splitter.finish();
      if (rest) this.#send(rest);
    } else this.#sendError();
    this.#over();
  }

  destroy(): void {
    this.#over();
    this.#socket.close(1011, 'the answer broke off');
  }

  /** The client has closed its end. */
  left(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener?.clientLeft();
    this.#ended(null);
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ended(this.#responseId === null ? null : { responseId: this.#responseId, output: this.#output });
  }

  #send(event: SseEvent): void {
    const data = event.data();
    if (data.length === 0) return;
    this.#note(event.eventName(), data);
    this.#socket.send(data, { binary: false }, () => {
      if (this.#socket.bufferedAmount <= UNSENT_MAX_BYTES) this.#listener?.drained();
    });
  }

  #note(type: string, data: Buffer): void {
    if (type !== 'response.output_item.done' && !TERMINAL.has(type)) return;
    const scan = scanObject(data, FIELDS);
    if (!scan.ok) return;
    const item = scan.get('item');
    if (item?.kind === 'object') this.#output.push(Buffer.from(data.subarray(item.start, item.end)));
    const response = scan.get('response');
    if (response) this.#responseId = idOf(data, response);
  }

  /** As the Responses WebSocket protocol has it: status and error in one frame. */
  #sendError(): void {
    const error = errorOf(Buffer.concat(this.#body));
    const headers: Record<string, string> = {};
    for (let at = 0; at + 1 < this.#headers.length; at += 2) {
      const name = this.#headers[at] ?? '';
      if (SHOWN_HEADERS.has(name)) headers[name] = this.#headers[at + 1] ?? '';
    }
    this.#socket.send(JSON.stringify({ type: 'error', status: this.#status, error, headers }));
  }
}

const SHOWN_HEADERS: ReadonlySet<string> = new Set(['retry-after', 'retry-after-ms', 'x-request-id', 'x-should-retry']);

function idOf(data: Buffer, response: Member): string | null {
  const scan = response.kind === 'object' ? scanObject(data, ID_FIELD, response) : null;
  const id = scan?.ok ? scan.get('id') : undefined;
  return id?.kind === 'string' ? readString(data, id) : null;
}

function errorOf(body: Buffer): unknown {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null && 'error' in parsed) return parsed.error;
  } catch {
    // Not JSON: said below in its place.
  }
  return { type: 'server_error', code: 'internal_error', message: 'The relay failed.', param: null };
}

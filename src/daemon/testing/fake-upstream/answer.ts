/** What goes back for one request, and how it travels. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** One for each event of a stream; exactly one otherwise. */
  readonly parts: readonly Buffer[];
  /** Index of the first part that says that the stream ends. */
  readonly terminalAt?: number;
  readonly delivery?: Delivery;
}

export interface Delivery {
  readonly headersAfterMs?: number;
  readonly betweenPartsMs?: number;
  /** Splits the body into network writes of this size, across events. */
  readonly writeBytes?: number;
  /** Said in content-length whatever the body is. */
  readonly declaredLength?: number;
  readonly stop?: Stop;
}

/** Where an answer breaks off. `cut` closes the socket, `reset` also drops what is under way, `end` looks regular. */
export interface Stop {
  readonly after: 'nothing' | { readonly parts: number } | { readonly bytes: number };
  readonly how: 'stall' | 'cut' | 'reset' | 'end';
}

export interface SseEvent {
  readonly event?: string;
  /** Text goes out as it is, anything else as JSON. */
  readonly data: unknown;
}

export function jsonAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    parts: [Buffer.from(JSON.stringify(body))],
  };
}

export function sseAnswer(events: readonly SseEvent[], terminalAt: number): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    parts: events.map(sseFrame),
    terminalAt,
  };
}

export function sseFrame({ event, data }: SseEvent): Buffer {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return Buffer.from(`${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`);
}

export interface UpstreamError {
  readonly message: string;
  readonly type?: string;
  readonly code?: string | null;
  readonly param?: string | null;
  /** More keys, such as resets_at. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** The public API's error body: all four keys are always there. */
export function errorBody({ message, type, code, param, extra }: UpstreamError): { readonly error: object } {
  return {
    error: { message, type: type ?? 'invalid_request_error', param: param ?? null, code: code ?? null, ...extra },
  };
}

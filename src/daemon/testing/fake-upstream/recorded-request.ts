import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** A request as it arrived. It is recorded when its headers are in; body and outcome fill in later. */
export interface RecordedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, in the order and case of the wire. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** The body as an object; empty when it is not JSON. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The credential, without "Bearer". */
  readonly key: string | undefined;
  readonly model: string | undefined;
  /** Asked for as a stream, in the body or, as Gemini has it, in the path. */
  readonly isStream: boolean;
  /** The other side went away before the whole answer was handed over. */
  readonly aborted: boolean;
  /** Resolves when the exchange is over, whoever ended it. */
  readonly closed: Promise<void>;
}

export class OpenRequest implements RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly closed: Promise<void>;
  body = Buffer.alloc(0);
  json: Readonly<Record<string, unknown>> = {};
  aborted = false;
  readonly #close: () => void;

  constructor(request: IncomingMessage) {
    const url = new URL(request.url ?? '/', 'http://upstream.invalid');
    this.method = request.method ?? '';
    this.path = url.pathname;
    this.query = url.searchParams;
    this.headers = request.headers;
    this.rawHeaders = request.rawHeaders;
    let close = () => {};
    this.closed = new Promise((resolve) => {
      close = resolve;
    });
    this.#close = close;
  }

  get key(): string | undefined {
    const header = this.headers.authorization ?? this.headers['x-api-key'] ?? this.headers['x-goog-api-key'];
    return typeof header === 'string' ? header.replace(/^Bearer /i, '') : (this.query.get('key') ?? undefined);
  }

  get model(): string | undefined {
    return typeof this.json['model'] === 'string' ? this.json['model'] : /\/models\/([^/:]+):/.exec(this.path)?.[1];
  }

  get isStream(): boolean {
    return this.json['stream'] === true || this.path.endsWith(':streamGenerateContent');
  }

  /** @throws when the sender breaks off; what came until then is kept. */
  async readBody(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } finally {
      this.body = Buffer.concat(chunks);
      this.json = parseObject(this.body);
    }
  }

  end(aborted: boolean): void {
    this.aborted = aborted;
    this.#close();
  }
}

function parseObject(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

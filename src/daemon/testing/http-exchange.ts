import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';

/** One finished exchange, also when it broke off: `error` says how, the rest is what came until then. */
export interface HttpExchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  readonly error: string | undefined;
}

export interface HttpOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of the socket to call, whatever host the URL names. */
  readonly socketPath?: string;
  /** Called with all that came so far, whenever more comes; `abandon` destroys the connection. */
  readonly onData?: (text: string, abandon: () => void) => void;
}

/** Talks plain node:http: nothing is followed, decoded or retried. A body that is no text goes out as JSON. */
export async function httpExchange(url: string, options: HttpOptions = {}): Promise<HttpExchange> {
  const { body } = options;
  const payload = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const init: RequestOptions = {
    method: options.method ?? (payload === undefined ? 'GET' : 'POST'),
    headers: { ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
    agent: false,
    ...(options.socketPath !== undefined && { socketPath: options.socketPath }),
  };
  return await new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    const finish = (error?: NodeJS.ErrnoException) => {
      const whole = Buffer.concat(chunks);
      resolve({
        status,
        headers,
        body: whole,
        text: whole.toString('utf8'),
        error: error && (error.code ?? error.message),
      });
    };
    const outgoing = request(url, init, (response) => {
      status = response.statusCode ?? 0;
      headers = response.headers;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        options.onData?.(Buffer.concat(chunks).toString('utf8'), () => outgoing.destroy());
      });
      response.on('end', () => finish());
      response.on('error', finish);
    });
    outgoing.on('error', finish);
    outgoing.end(payload);
  });
}

export interface ParsedEvent {
  readonly event: string | undefined;
  readonly data: string;
}

/** The events of a complete stream; comments are left out. */
export function parseSse(text: string): ParsedEvent[] {
  const frames = text.replaceAll('\r\n', '\n').split('\n\n');
  return frames.flatMap((frame) => {
    const lines = frame.split('\n');
    const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).replace(/^ /, ''));
    const event = lines.find((line) => line.startsWith('event: '))?.slice(7);
    return data.length > 0 ? [{ event, data: data.join('\n') }] : [];
  });
}

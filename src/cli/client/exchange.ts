import { Agent, type IncomingMessage, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Target } from './target.ts';

const BYTES_MAX = 256 * 1024 * 1024;

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

export interface Received {
  readonly status: number;
  readonly requestId: string | undefined;
  /** Of the daemon. */
  readonly version: string | undefined;
  readonly text: string;
}

/** One kept connection to a daemon. Node's own client: loading another one would take longer than most calls. */
export function openExchange(target: Target): { send(sent: Sent): Promise<Received>; close(): void } {
  const isTls = target.kind === 'url' && target.url.protocol === 'https:';
  const agent = isTls ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const place =
    target.kind === 'socket'
      ? { socketPath: target.path, host: 'localhost' }
      : { host: target.url.hostname.replace(/^\[|\]$/g, ''), port: target.url.port || (isTls ? 443 : 80) };
  return {
    send: (sent) =>
      new Promise((resolve, reject) => {
        const { method, path, body, signal } = sent;
        const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
        const options = { ...place, agent, method, path, signal, headers: { ...sent.headers, ...length } };
        const outgoing = (isTls ? tlsRequest : request)(options, (answer) => {
          readText(answer).then((text) => resolve(describe(answer, text)), reject);
        });
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BYTES_MAX) throw new Error(`the answer has more than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function describe(answer: IncomingMessage, text: string): Received {
  const header = (name: string) => [answer.headers[name]].flat()[0];
  return { status: answer.statusCode ?? 0, requestId: header('x-request-id'), version: header('realms-version'), text };
}

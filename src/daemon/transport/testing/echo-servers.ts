import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AnswerWriter, Arrival } from '../arrival.ts';
import { LeanDoor, type LeanDoorOptions } from '../lean-door.ts';
import { NodeAnswer, NodeArrival } from '../node-arrival.ts';

/** A request as the handler got it. */
export interface Seen {
  readonly by: 'lean' | 'node';
  readonly method: string;
  readonly target: string;
  /** Flat, with lower-case names, without Content-Length. */
  readonly headers: readonly string[];
  readonly body: string;
}

export interface EchoServer {
  readonly server: Server;
  readonly port: number;
  readonly seen: Seen[];
  readonly door: LeanDoor<object> | null;
  close(): Promise<void>;
}

export type Serve = (arrival: Arrival, answer: AnswerWriter, target: string) => void;

const BODY_MAX_BYTES = 8 * 1024 * 1024;
const LEAN_TARGETS = ['/lean', '/lean/other'];

/** A server that writes down what it is asked, with the lean door before it or without. */
export async function echoServer(
  kind: 'lean' | 'node',
  options: Partial<LeanDoorOptions<object>> = {},
  serve?: Serve,
): Promise<EchoServer> {
  const seen: Seen[] = [];
  const answerTo = (by: Seen['by'], target: string, arrival: Arrival, answer: AnswerWriter) => {
    if (serve) serve(arrival, answer, target);
    else void echo(seen, by, target, arrival, answer);
  };
  const server = createServer((req, res) => {
    answerTo('node', req.url ?? '', new NodeArrival(req), new NodeAnswer(res));
  });
  const door =
    kind === 'node'
      ? null
      : new LeanDoor<object>(server, {
          keepAliveMs: 75_000,
          headersTimeoutMs: 60_000,
          requestTimeoutMs: 60_000,
          now: () => Date.now(),
          recognise: (target) => (LEAN_TARGETS.includes(target) ? { target } : null),
          serve: (_match, exchange) => answerTo('lean', exchange.head.target, exchange, exchange),
          refuseLate: (socket) => void socket.write('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n'),
          ...options,
        });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      door?.cut();
      server.closeAllConnections();
    });
  };
  return { server, port, seen, door, close };
}

async function echo(
  seen: Seen[],
  by: Seen['by'],
  target: string,
  arrival: Arrival,
  answer: AnswerWriter,
): Promise<void> {
  answer.listen({ clientLeft: () => {}, drained: () => {} });
  // In the order in which they come, whatever their bodies take.
  const entry = { by, method: arrival.head.method, target, headers: withoutLength(arrival.head.rawHeaders), body: '' };
  seen.push(entry);
  try {
    entry.body = (await arrival.takeBody(BODY_MAX_BYTES)).toString('latin1');
  } catch {
    return;
  }
  const text = Buffer.from(entry.body === '' ? '-' : entry.body.slice(0, 100), 'latin1');
  answer.writeHead(200, ['content-type', 'text/plain', 'content-length', String(text.length)]);
  answer.end(text);
}

function withoutLength(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (name !== 'content-length') kept.push(name, raw[i + 1] ?? '');
  }
  return kept;
}

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { adminRoutes, type Route } from '../../core/contract/index.ts';
import { sampleOf } from './sample.ts';

export interface SeenCall {
  readonly operationId: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
}

export interface StubAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StubDaemon extends AsyncDisposable {
  /** Path of the socket, or the address when it listens on TCP. */
  readonly address: string;
  readonly calls: readonly SeenCall[];
  /** Answers an operation from now on; a value without a status is a body. */
  answer(operationId: string, answer: StubAnswer): void;
}

/** A server that takes and gives what the contract says: what breaks it is refused, what is asked gets a sample. */
export async function startStubDaemon(listen: 'socket' | 'tcp' = 'socket'): Promise<StubDaemon> {
  const folder = await mkdtemp(join(tmpdir(), 'realms-cli-'));
  const calls: SeenCall[] = [];
  const answers = new Map<string, StubAnswer>();
  const server = createServer((request, response) => {
    serve(request, calls, answers).then(
      (answer) => send(response, answer),
      (error: Error) => send(response, { status: 500, body: { code: 'internal', detail: error.message } }),
    );
  });
  const socket = join(folder, 'admin.sock');
  await new Promise<void>((resolve) => {
    if (listen === 'socket') server.listen(socket, resolve);
    else server.listen(0, '127.0.0.1', resolve);
  });
  const bound = server.address();
  return {
    address: typeof bound === 'object' && bound ? `http://127.0.0.1:${bound.port}` : socket,
    calls,
    answer: (operationId, answer) => void answers.set(operationId, answer),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function serve(
  request: IncomingMessage,
  calls: SeenCall[],
  answers: Map<string, StubAnswer>,
): Promise<StubAnswer> {
  const url = new URL(request.url ?? '', 'http://localhost');
  const found = find(request.method ?? '', url.pathname);
  if (!found) return { status: 404, body: { code: 'not_found', detail: `no route ${request.method} ${url.pathname}` } };
  const { route, params } = found;
  const raw = await text(request);
  const body: unknown = raw === '' ? undefined : JSON.parse(raw);
  const query = Object.fromEntries(url.searchParams);
  route.params.parse(params);
  route.query.parse(query);
  route.body?.parse(body);
  calls.push({ operationId: route.operationId, params, query, body, headers: request.headers });
  const prepared = answers.get(route.operationId);
  if (prepared) return prepared;
  return { status: route.status, body: route.response === null ? undefined : sampleOf(route.response) };
}

function find(method: string, path: string): { route: Route; params: Record<string, string> } | undefined {
  // A fixed path before one with a parameter in its place.
  const routes = adminRoutes.toSorted((a, b) => Number(a.path.includes(':')) - Number(b.path.includes(':')));
  for (const route of routes) {
    const match = new RegExp(`^${route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`).exec(path);
    if (!match || route.method !== method) continue;
    const params = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
    return { route, params: Object.fromEntries(params) as Record<string, string> };
  }
  return undefined;
}

function send(response: ServerResponse, { status, body, headers }: StubAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
}

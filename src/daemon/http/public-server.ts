import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import Fastify from 'fastify';
import { ACCOUNT_ROUTES, type AccountHouse } from '../account/index.ts';
import { matchRelay, type Refusal, type RelayHouse, type RelayMatch, relay } from '../relay/index.ts';
import { LeanDoor, NodeAnswer, NodeArrival } from '../transport/index.ts';
import { mountAccount, sendRefusal, UNKNOWN_URL } from './mount-account.ts';
import { SocketDoor } from './socket-door.ts';

export interface PublicServer {
  readonly server: Server;
  /** Binds the address; resolves to the one that is really bound (port 0 is chosen by the system). */
  listen(host: string, port: number): Promise<{ host: string; port: number }>;
  /** Takes no new connections and no new requests; resolves when the last one is answered. */
  drain(): Promise<void>;
  /** Ends every connection at once. */
  cut(): void;
  /** The framework's own routes as a tree of text, for the proof that the manifest has them all. */
  printRoutes(): string;
}

const KEEP_ALIVE_MS = 75_000;
const HEADERS_MAX_BYTES = 64 * 1024;
const DRAIN_SWEEP_MS = 50;

/**
 * The public listener. Relayed requests go straight from node:http to the relay; the framework would add a tenth to
 * what one costs. Everything else is fastify's.
 */
export async function buildPublicServer(house: RelayHouse, account: AccountHouse): Promise<PublicServer> {
  const config = house.live.state.settings.effective;
  const state = { isDraining: false };
  const server = createServer({
    headersTimeout: config['server.headers_timeout_ms'],
    requestTimeout: config['server.request_timeout_ms'],
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: HEADERS_MAX_BYTES,
  });
  const lean = new LeanDoor(server, {
    keepAliveMs: KEEP_ALIVE_MS,
    headersTimeoutMs: config['server.headers_timeout_ms'],
    requestTimeoutMs: config['server.request_timeout_ms'],
    now: () => house.ctx.clock.now(),
    recognise: (target) => matchRelay('POST', target),
    serve: (match, exchange) => void relay(house, match, exchange, exchange),
    refuseLate: (socket) => writeRaw(socket, BAD_REQUEST),
  });
  server.maxConnections = config['server.connections_max'];
  const app = Fastify({
    logger: false,
    serverFactory: (handler) => {
      server.on('request', (req, res) => dispatch(house, state, req, res, handler));
      return server;
    },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (_error, _request, reply) => void sendRefusal(house, reply, UNKNOWN_URL),
  });
  // Routes read their own bodies; one that nobody asked for must not change what is answered.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return sendRefusal(house, reply, UNKNOWN_URL);
  });
  for (const route of ACCOUNT_ROUTES) mountAccount(app, account, route, state);
  app.setNotFoundHandler((_request, reply) => sendRefusal(house, reply, UNKNOWN_URL));
  app.setErrorHandler((error, request, reply) => {
    house.ctx.log.error(
      { request: request.id, error: error instanceof Error ? error.message : '' },
      'public call failed',
    );
    return sendRefusal(house, reply, INTERNAL);
  });
  const sockets = new SocketDoor(house);
  server.on('upgrade', (req, socket, head) => {
    if (state.isDraining || !sockets.take(req, socket, head)) refuseUpgrade(req, socket);
  });
  await app.ready();
  return {
    server,
    listen: (host, port) => listen(server, host, port),
    drain: () => {
      sockets.drain();
      return drain(server, lean, state);
    },
    cut: () => {
      lean.cut();
      sockets.cut();
      server.closeAllConnections();
    },
    printRoutes: () => app.printRoutes({ commonPrefix: false }),
  };
}

const INTERNAL: Refusal = { status: 500, code: 'internal_error', type: 'server_error', message: 'The relay failed.' };

function dispatch(
  house: RelayHouse,
  state: { readonly isDraining: boolean },
  req: IncomingMessage,
  res: ServerResponse,
  rest: (req: IncomingMessage, res: ServerResponse) => void,
): void {
  if (state.isDraining) res.shouldKeepAlive = false;
  const match = matchRelay(req.method ?? '', req.url ?? '');
  if (!match) return rest(req, res);
  void relay(house, match, new NodeArrival(req), new NodeAnswer(res));
}

const UPGRADE_REQUIRED: Refusal = {
  status: 426,
  code: 'upgrade_required',
  type: 'invalid_request_error',
  message: 'This relay speaks HTTP here; send the request by POST.',
};

const BAD_REQUEST: Refusal = {
  status: 400,
  code: 'bad_request',
  type: 'invalid_request_error',
  message: 'This is not a valid HTTP request.',
};

/** Codex CLI tries WebSocket first; 426 is the one answer on which it changes to HTTP at once and without a word. */
function refuseUpgrade(req: IncomingMessage, socket: Duplex): void {
  const path = (req.url ?? '').split('?')[0];
  writeRaw(socket, path === '/v1/responses' ? UPGRADE_REQUIRED : UNKNOWN_URL);
}

/** Bytes that are no HTTP, or headers that never ended or were too long: answered if the socket still takes it. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else writeRaw(socket, { ...BAD_REQUEST, status: error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400 });
}

/** Writes a refusal where no ServerResponse exists. */
function writeRaw(socket: Duplex, { status, code, type, message }: Refusal): void {
  const body = JSON.stringify({ error: { message, type, param: null, code } });
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ];
  socket.on('error', () => socket.destroy());
  socket.end(lines.join('\r\n'));
}

function listen(server: Server, host: string, port: number): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 4_096 }, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? { host: address.address, port: address.port } : { host, port });
    });
  });
}

function drain(server: Server, lean: LeanDoor<RelayMatch>, state: { isDraining: boolean }): Promise<void> {
  state.isDraining = true;
  return new Promise((resolve) => {
    // A connection whose answer was under way when the stop began would otherwise idle on until its keep-alive runs out.
    const sweep = setInterval(() => {
      lean.closeIdle();
      server.closeIdleConnections();
    }, DRAIN_SWEEP_MS);
    server.close(() => {
      clearInterval(sweep);
      resolve();
    });
    lean.drain();
    server.closeIdleConnections();
  });
}

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { SIMULATED_MODELS, speakAbout } from './simulated-speech.ts';
import { chatAnswer, embeddingsAnswer, responsesAnswer, type SimulatedAnswer } from './simulated-wires.ts';

export interface SimulatedUpstream {
  readonly baseUrl: string;
  /** The only bearer key that it takes; new at every start. */
  readonly key: string;
  close(): Promise<void>;
}

const WORD_DELAY_MS = 35;
const MAX_BODY_BYTES = 32_000_000;

/**
 * A provider without a model, for `realms serve --demo`: real HTTP on a free loopback port, so that the daemon treats
 * it like any other source. Every answer says that it is a simulation.
 */
export async function startSimulatedUpstream(
  options: { readonly wordDelayMs?: number } = {},
): Promise<SimulatedUpstream> {
  const key = `sk-simulated-${randomBytes(16).toString('hex')}`;
  const wordDelayMs = options.wordDelayMs ?? WORD_DELAY_MS;
  const server = createServer((request, response) => {
    answer(request, response, key, wordDelayMs).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulated upstream has no port');
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    key,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
  wordDelayMs: number,
): Promise<void> {
  response.setHeader('x-simulated', 'true');
  if (request.headers.authorization !== `Bearer ${key}`) {
    return refuse(response, 401, 'invalid_api_key', 'This simulation takes only the key it was started with.');
  }
  const createdS = Math.floor(Date.now() / 1_000);
  const path = (request.url ?? '').split('?')[0];
  const body = await readObject(request);
  if (body === undefined) return refuse(response, 400, 'invalid_json', 'The body is not a JSON object.');
  switch (`${request.method} ${path}`) {
    case 'POST /v1/chat/completions':
      return await speak(response, body, chatAnswer(body, speakAbout(body), createdS), wordDelayMs);
    case 'POST /v1/responses':
      return await speak(response, body, responsesAnswer(body, speakAbout(body), createdS), wordDelayMs);
    case 'POST /v1/embeddings':
      return sendJson(response, 200, embeddingsAnswer(body));
    case 'GET /v1/models':
      return sendJson(response, 200, { object: 'list', data: SIMULATED_MODELS.map((id) => modelObject(id, createdS)) });
    default:
      return refuse(response, 404, 'not_found', `This simulation has no ${request.method} ${path}.`);
  }
}

async function speak(
  response: ServerResponse,
  body: Readonly<Record<string, unknown>>,
  { whole, frames }: SimulatedAnswer,
  wordDelayMs: number,
): Promise<void> {
  if (body['stream'] !== true) {
    // As long as the words would take, within reason.
    await pause(Math.min(wordDelayMs * frames.length, 1_000));
    return sendJson(response, 200, whole);
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  for (const frame of frames) {
    if (response.destroyed) return;
    response.write(frame);
    await pause(wordDelayMs);
  }
  response.end();
}

/** Undefined when the body is no JSON object; a request without a body has none to read. */
async function readObject(request: IncomingMessage): Promise<Readonly<Record<string, unknown>> | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
  }
  if (size === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function modelObject(id: string, createdS: number): object {
  return { id, object: 'model', created: createdS, owned_by: 'simulation' };
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  sendJson(response, status, { error: { message, type: 'invalid_request_error', param: null, code } });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes);
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { FakeOrder } from './books.ts';
import { type FakeAnswer, type FakeEpayAct, type FakeEpayFault, renderAnswer } from './manner.ts';
import { apiV1, placeV1, submitV1 } from './pages-v1.ts';
import { apiV2, type GatewayV2, submitV2 } from './pages-v2.ts';
import { type Form, parseForm } from './php.ts';

/** A call as it came, for asking how often something was asked, and with what. */
export interface FakeEpayCall {
  readonly method: string;
  readonly path: string;
  readonly act: FakeEpayAct | null;
  readonly params: Form;
  readonly at: number;
}

export interface Door {
  readonly gateway: GatewayV2;
  readonly calls: FakeEpayCall[];
  /** Of the next calls, oldest first. */
  readonly faults: Map<FakeEpayAct, FakeEpayFault[]>;
  /** Stops listening. */
  stop(): void;
  /** Answers what a test says to a gateway in another process. */
  control(name: string, args: readonly unknown[]): Promise<unknown>;
}

/** What a verb gave, or why it would not. */
export type ControlAnswer = { readonly result: unknown } | { readonly error: string };

const ACTS: Readonly<Record<string, FakeEpayAct>> = {
  'submit.php': 'submit',
  'mapi.php': 'place',
  'api/pay/submit': 'submit',
  'api/pay/create': 'place',
  'api/pay/query': 'order',
  'api/pay/refund': 'refund',
  'api/pay/refundquery': 'refundquery',
  'api/pay/close': 'close',
  'api/merchant/orders': 'orders',
};
const V1_ACTS: readonly FakeEpayAct[] = ['order', 'orders', 'refund', 'query'];
const HUGE_BYTES = 3_000_000;
export const CONTROL_PATH = '/_fake/';

/** Serves below `basePath` and knows nothing above it. */
export async function openDoor(port: number): Promise<{ server: Server; origin: string }> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake gateway has no port');
  return { server, origin: `http://127.0.0.1:${address.port}` };
}

export function serveDoor(server: Server, basePath: string, door: Door): void {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    response.on('error', () => undefined);
    answer(request, response, basePath, door).catch(() => response.destroy());
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, basePath: string, door: Door) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  const { pathname, search } = new URL(request.url ?? '/', 'http://gateway');
  if (pathname.startsWith(CONTROL_PATH)) {
    return response.end(JSON.stringify(await obey(door, pathname.slice(CONTROL_PATH.length), body)));
  }
  if (!pathname.startsWith(basePath)) return reply(response, 404, 'not found');
  const path = pathname.slice(basePath.length);
  const query = parseForm(search.slice(1));
  const post = parseForm(body);
  const act = actOf(path, query);
  door.calls.push({
    method: request.method ?? '',
    path,
    act,
    params: { ...query, ...post },
    at: door.gateway.now(),
  });
  const fault = act === null ? undefined : door.faults.get(act)?.shift();
  if (fault && !fault.hasEffect) return await fail(fault, response, '', door);
  const [type, text] = render(door.gateway, path, query, post);
  if (fault) return await fail(fault, response, text, door);
  response.setHeader('content-type', type);
  const isBehindEnd = door.gateway.manner.failsBehindEnd && act === 'orders' && /"data":(?:null|\[\])/.test(text);
  reply(response, isBehindEnd ? 500 : 200, isBehindEnd ? '' : text);
}

async function obey(door: Door, name: string, body: string): Promise<ControlAnswer> {
  try {
    return { result: (await door.control(name, JSON.parse(body) as readonly unknown[])) ?? null };
  } catch (error) {
    return { error: String(error) };
  }
}

function actOf(path: string, query: Form): FakeEpayAct | null {
  if (path !== 'api.php') return ACTS[path] ?? null;
  return V1_ACTS.find((act) => act === query['act']) ?? null;
}

/** Reads the query when it has a merchant, else the form, and never both. */
function render(gateway: GatewayV2, path: string, query: Form, post: Form): readonly [string, string] {
  const form = query['pid'] === undefined ? post : query;
  const json = (answerOf: FakeAnswer) =>
    ['application/json; charset=UTF-8', renderAnswer(answerOf, gateway.manner.bareNumbers)] as const;
  if (path === 'submit.php') return page(submitV1(gateway, form));
  if (path === 'api/pay/submit') return page(submitV2(gateway, form));
  if (path === 'mapi.php') return json(placeV1(gateway, form));
  if (path === 'api.php') return json(apiV1(gateway, query, post));
  if (path.startsWith('pay/submit/')) return page(pageOrder(gateway, path));
  return json(apiV2(gateway, path, form));
}

function page(order: FakeOrder | string): readonly [string, string] {
  const said =
    typeof order === 'string' ? `<h3>${order}</h3>` : `<p data-trade-no="${order.tradeNo}">${order.money}</p>`;
  return ['text/html; charset=UTF-8', `<html><body>${said}</body></html>`];
}

function pageOrder({ books }: GatewayV2, path: string): FakeOrder | string {
  return books.orders.find(({ tradeNo }) => path === `pay/submit/${tradeNo}/`) ?? '该订单号不存在';
}

async function fail(fault: FakeEpayFault, response: ServerResponse, text: string, door: Door): Promise<void> {
  switch (fault.answer) {
    case 'hang':
      await once(response, 'close');
      return;
    case 'reset':
      response.destroy();
      return;
    case 'status_500':
      return reply(response, 500, '<h1>500 Internal Server Error</h1>');
    case 'html':
      return reply(response, 200, '<html><body>success</body></html>');
    case 'huge':
      return reply(response, 200, `{"code":1,"msg":"${'x'.repeat(HUGE_BYTES)}"}`);
    case 'redirect':
      response.setHeader('location', 'https://pay.example.com/elsewhere');
      return reply(response, 302, '');
    case 'empty':
      return reply(response, 200, '');
    case 'farewell':
      door.stop();
      return reply(response, 200, text);
    case 'unsigned':
      return reply(response, 200, text.replace(/"sign":"[^"]*"/, '"sign":"AAAA"'));
  }
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.end(text);
}

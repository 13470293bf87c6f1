import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import { at, openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
const clients: Client[] = [];
beforeAll(async () => {
  boot = await bootDaemon();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await boot.resetSettings();
});
afterAll(async () => await boot.stop());

interface Frame {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** A client of the Responses WebSocket protocol. */
class Client {
  readonly socket: WebSocket;
  readonly #frames: Frame[] = [];
  #wake: () => void = () => {};

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.#frames.push(JSON.parse(String(data)));
      this.#wake();
    });
  }

  static async open(key: string, path = '/v1/responses'): Promise<Client> {
    const url = `${boot.url.replace('http', 'ws')}${path}`;
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${key}` }, perMessageDeflate: false });
    const client = new Client(socket);
    clients.push(client);
    await once(socket, 'open');
    return client;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The frames up to the one that ends a turn. */
  async turn(message: object): Promise<readonly Frame[]> {
    this.send({ type: 'response.create', ...message });
    const seen: Frame[] = [];
    for (;;) {
      const frame = await this.next();
      seen.push(frame);
      if (ENDS.has(frame.type)) return seen;
    }
  }

  async next(): Promise<Frame> {
    while (this.#frames.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift() as Frame;
  }

  close(): void {
    this.socket.terminate();
  }
}

const ENDS = new Set(['response.completed', 'response.incomplete', 'response.failed', 'error']);

function idOf(frames: readonly Frame[]): string {
  const { response } = at(frames, frames.length - 1) as { response?: { id?: string } };
  return response?.id ?? '';
}

async function statusOfUpgrade(
  scene: Scene,
  headers: Record<string, string> = { authorization: `Bearer ${scene.keyText}` },
) {
  const socket = new WebSocket(`${boot.url.replace('http', 'ws')}/v1/responses`, { headers });
  // Giving up before it is open is an error to this client, and all that is wanted here.
  socket.on('error', () => {});
  const [, response] = await once(socket, 'unexpected-response');
  socket.terminate();
  return response.statusCode;
}

describe('a turn by WebSocket', () => {
  test('is answered by the events of the stream, one to a frame, and booked like any other', async () => {
    const scene = await openScene(boot);
    const client = await Client.open(scene.keyText);
    const frames = await client.turn({ model: scene.model, input: 'hello' });
    const stream = await scene.responsesStream();
    expect(frames.map(({ type }) => type)).toEqual(
      [...stream.text.matchAll(/^event: (.+)$/gm)].map(([, name]) => name),
    );
    const [event] = await scene.events(2);
    expect(event).toMatchObject({
      outcome: 'completed',
      stream: true,
      endpoint: '/v1/responses',
      usageSource: 'upstream',
    });
  });

  test('goes on from the one before, which the upstream hears again', async () => {
    const scene = await openScene(boot);
    scene.up.queue(reply({ text: 'one' }), reply({ text: 'two' }));
    const client = await Client.open(scene.keyText);
    const first = await client.turn({ model: scene.model, input: 'hello' });
    await client.turn({
      model: scene.model,
      previous_response_id: idOf(first),
      input: [{ role: 'user', content: 'more' }],
    });
    const sent = at(scene.up.requests, 1).json;
    expect(sent).not.toHaveProperty('previous_response_id');
    expect(sent['input']).toMatchObject([
      { role: 'user', content: [{ text: 'hello' }] },
      { type: 'message', role: 'assistant', content: [{ text: 'one' }] },
      { role: 'user', content: 'more' },
    ]);
  });

  test('may be prepared by a warm-up, which nobody is asked for and nobody pays', async () => {
    const scene = await openScene(boot);
    const client = await Client.open(scene.keyText);
    const warm = await client.turn({
      model: scene.model,
      generate: false,
      input: [{ role: 'developer', content: 'be brief' }],
    });
    expect(warm.map(({ type }) => type)).toEqual(['response.created', 'response.completed']);
    expect(scene.asked).toEqual([0]);
    await client.turn({
      model: scene.model,
      previous_response_id: idOf(warm),
      input: [{ role: 'user', content: 'hello' }],
    });
    expect(at(scene.up.requests, 0).json['input']).toEqual([
      { role: 'developer', content: 'be brief' },
      { role: 'user', content: 'hello' },
    ]);
    expect(await scene.events(1)).toHaveLength(1);
  });

  test('waits for the one before it', async () => {
    const scene = await openScene(boot);
    const client = await Client.open(scene.keyText);
    const message = { model: scene.model, input: 'hello' };
    client.send({ type: 'response.create', ...message });
    await client.turn(message);
    await client.turn(message);
    expect(await scene.events(3)).toHaveLength(3);
  });

  test('that the upstream refuses is an error with its status, and the connection stays', async () => {
    const scene = await openScene(boot);
    scene.up.queue(
      fault.status(400, {
        error: { message: 'the input is odd', type: 'invalid_request_error', param: null, code: null },
      }),
    );
    const client = await Client.open(scene.keyText);
    const [error] = await client.turn({ model: scene.model, input: 'hello' });
    expect(error).toMatchObject({ type: 'error', status: 400, error: { message: 'the input is odd' } });
    expect((await client.turn({ model: scene.model, input: 'hello' })).at(-1)?.type).toBe('response.completed');
  });

  test('from an answer that was not given here is refused by name', async () => {
    const scene = await openScene(boot);
    const client = await Client.open(scene.keyText);
    const [error] = await client.turn({ model: scene.model, previous_response_id: 'resp_other', input: [] });
    expect(error).toMatchObject({ type: 'error', status: 400, error: { code: 'previous_response_not_found' } });
    expect(scene.asked).toEqual([0]);
  });

  test('whose client leaves is given up', async () => {
    await boot.set({ 'relay.disconnect_policy': 'cancel' });
    const scene = await openScene(boot);
    scene.up.queue(fault.stall({ events: 5 }));
    const client = await Client.open(scene.keyText);
    client.send({ type: 'response.create', model: scene.model, input: 'hello' });
    await client.next();
    client.close();
    expect(await scene.onlyEvent()).toMatchObject({ outcome: 'client_gone' });
    await at(scene.up.requests, 0).closed;
  });
});

describe('an upgrade', () => {
  test('without a key that works is sent back to HTTP', async () => {
    const scene = await openScene(boot);
    expect(await statusOfUpgrade(scene, {})).toBe(426);
    expect(await statusOfUpgrade(scene, { authorization: 'Bearer sk-wrong' })).toBe(426);
  });

  test('is sent back to HTTP where the operator wants it so', async () => {
    const scene = await openScene(boot);
    await boot.set({ 'server.websocket': false });
    expect(await statusOfUpgrade(scene)).toBe(426);
  });

  test('may have a query', async () => {
    const scene = await openScene(boot);
    const client = await Client.open(scene.keyText, '/v1/responses?beta=true');
    expect((await client.turn({ model: scene.model, input: 'hello' })).at(-1)?.type).toBe('response.completed');
  });
});

test('a frame that is no text ends the connection', async () => {
  const scene = await openScene(boot);
  const client = await Client.open(scene.keyText);
  client.socket.send(Buffer.from([1, 2, 3]));
  const [code] = await once(client.socket, 'close');
  expect(code).toBe(1008);
});

test('a stop waits for the turn that runs, and not for a connection that rests', async () => {
  const own = await bootDaemon();
  try {
    const scene = await openScene(own);
    const socket = new WebSocket(`${own.url.replace('http', 'ws')}/v1/responses`, {
      headers: { authorization: `Bearer ${scene.keyText}` },
    });
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await own.daemon.stop();
    const [code] = await closed;
    expect(code).toBe(1001);
  } finally {
    await own.discard();
  }
});

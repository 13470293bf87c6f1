import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { editKey } from '../../core/identity/index.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import { openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterAll(async () => await boot.stop());

/** Clients that know nothing of a relay: only address and key are changed. */
describe.each([
  ['openai 7', OpenAI],
  ['openai 6', OpenAI6 as unknown as typeof OpenAI],
])('%s', (_name, Client) => {
  let scene: Scene;
  let client: OpenAI;
  let model: string;
  const messages = [{ role: 'user' as const, content: 'hi' }];
  beforeEach(async () => {
    scene = await openScene(boot, { upstreams: 2 });
    model = scene.model;
    client = new Client({ baseURL: `${boot.url}/v1`, apiKey: scene.keyText });
  });

  test('chats', async () => {
    const answer = await client.chat.completions.create({ model, messages });
    expect(answer.choices[0]?.message.content).toBe('Hello from the fake upstream, word by word.');
    expect(answer.usage?.total_tokens).toBe(18);
    expect(answer._request_id).toMatch(/^req_/);
  });

  test('streams a chat, with and without usage', async () => {
    for (const include_usage of [true, false]) {
      const stream = await client.chat.completions.create({
        model,
        messages,
        stream: true,
        ...(include_usage ? { stream_options: { include_usage } } : {}),
      });
      let text = '';
      let usage: unknown = null;
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? '';
        usage = chunk.usage ?? usage;
      }
      expect(text).toBe('Hello from the fake upstream, word by word.');
      expect(usage !== null).toBe(include_usage);
    }
  });

  test('makes, streams, reads and deletes responses', async () => {
    const answer = await client.responses.create({ model, input: 'hi' });
    expect(answer.output_text).toBe('Hello from the fake upstream, word by word.');
    const final = await client.responses.stream({ model, input: 'hi' }).finalResponse();
    expect(final.output_text).toBe(answer.output_text);
    expect(final.usage?.total_tokens).toBe(18);
  });

  test('makes embeddings, which it asks for in base64', async () => {
    const answer = await client.embeddings.create({ model, input: ['a', 'b'] });
    expect(answer.data).toHaveLength(2);
    expect(answer.data[0]?.embedding).toHaveLength(8);
  });

  test('lists and reads models', async () => {
    const listed = [];
    for await (const found of client.models.list()) listed.push(found.id);
    expect(listed).toContain(model);
    expect((await client.models.retrieve(model)).id).toBe(model);
  });

  test('survives a silent stream', async () => {
    await boot.set({ 'relay.keepalive_interval_ms': 100 });
    scene.up.when({}, fault.slowChunks(300, reply({ text: 'one' })));
    const final = await client.responses.stream({ model, input: 'hi' }).finalResponse();
    expect(final.status).toBe('completed');
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    for await (const chunk of stream) expect(chunk.choices).toHaveLength(1);
    await boot.resetSettings();
  });

  test('raises the class that fits each error, and asks once where asking again is no use', async () => {
    const wrong = new Client({ baseURL: `${boot.url}/v1`, apiKey: 'sk-wrong' });
    await expect(wrong.chat.completions.create({ model, messages })).rejects.toBeInstanceOf(Client.AuthenticationError);
    await expect(client.chat.completions.create({ model: 'unknown', messages })).rejects.toBeInstanceOf(
      Client.NotFoundError,
    );
    await expect(
      client.responses.create({ model, input: 'x', previous_response_id: 'resp_unknown' }),
    ).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' });
    scene.up.queue(fault.contextLengthExceeded());
    await expect(client.chat.completions.create({ model, messages })).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
    });
    expect(scene.asked).toEqual([1, 0]);
    await boot.change((ctx) => editKey(ctx, scene.key.id, { allowedModels: ['other'] }));
    await expect(client.chat.completions.create({ model, messages })).rejects.toBeInstanceOf(
      Client.PermissionDeniedError,
    );
    expect(await scene.events(4)).toHaveLength(4);
  });

  test('is told to stop when no upstream credential works', async () => {
    for (const fake of scene.fakes) fake.when({}, fault.invalidApiKey());
    await expect(client.chat.completions.create({ model, messages })).rejects.toMatchObject({ status: 429 });
    expect(scene.asked).toEqual([1, 1]);
  });

  test('waits as long as it is told, then succeeds', async () => {
    for (const fake of scene.fakes) fake.once({}, fault.usageLimitReached(undefined, 1));
    const started = performance.now();
    const answer = await client.chat.completions.create({ model, messages });
    expect(answer.choices).toHaveLength(1);
    expect(performance.now() - started).toBeGreaterThan(700);
  });

  test('raises what breaks within a stream', async () => {
    scene.up.when({}, fault.cut({ events: 6 }));
    const chat = async () => {
      for await (const _ of await client.chat.completions.create({ model, messages, stream: true }));
    };
    await expect(chat()).rejects.toThrow(/upstream/i);
    await expect(client.responses.stream({ model, input: 'hi' }).finalResponse()).rejects.toThrow();
  });
});

import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import { at, openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterAll(async () => await boot.stop());

/** An upstream that has nothing but Chat Completions. */
const chatOnly = () => openScene(boot, { changes: { wires: ['chat'] } });
const responsesOnly = () => openScene(boot, { changes: { wires: ['responses'] } });

const openai = ({ keyText }: Scene) => new OpenAI({ apiKey: keyText, baseURL: `${boot.url}/v1`, maxRetries: 0 });
const anthropic = ({ keyText }: Scene) => new Anthropic({ apiKey: keyText, baseURL: boot.url, maxRetries: 0 });
const google = ({ keyText }: Scene) =>
  new GoogleGenAI({ apiKey: keyText, httpOptions: { baseUrl: boot.url }, vertexai: false });

const ASK = { max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello' }] };

describe('a request whose upstream speaks another wire', () => {
  test('of Responses is asked as a chat, and answered as it was asked', async () => {
    const scene = await chatOnly();
    scene.up.queue(reply({ text: 'a word', usage: { input: 11, output: 3 } }));
    const answer = await openai(scene).responses.create({
      model: scene.model,
      input: 'hello',
      instructions: 'be brief',
    });
    expect(answer).toMatchObject({
      object: 'response',
      status: 'completed',
      output_text: 'a word',
      model: scene.model,
    });
    expect(answer.usage).toMatchObject({ input_tokens: 11, output_tokens: 3 });
    const sent = at(scene.up.requests, 0);
    expect(sent.path).toBe('/v1/chat/completions');
    expect(sent.json['messages']).toMatchObject([{ content: 'be brief' }, { role: 'user', content: 'hello' }]);
    expect(await scene.onlyEvent()).toMatchObject({
      endpoint: '/v1/responses',
      outcome: 'completed',
      usageSource: 'upstream',
      usage: { input: 11, output: 3 },
    });
  });

  test('of Chat is asked as a response', async () => {
    const scene = await responsesOnly();
    scene.up.queue(reply({ text: 'a word' }));
    const { choices } = await openai(scene).chat.completions.create({ model: scene.model, messages: ASK.messages });
    expect(choices[0]).toMatchObject({ message: { role: 'assistant', content: 'a word' }, finish_reason: 'stop' });
    expect(at(scene.up.requests, 0)).toMatchObject({ path: '/v1/responses', json: { model: expect.any(String) } });
  });

  test.each([
    ['chat', chatOnly],
    ['responses', responsesOnly],
  ])('of Anthropic’s SDK reaches an upstream of %s, whole and streamed', async (_, open) => {
    const scene = await open();
    scene.up.when({}, reply({ text: 'a word', usage: { input: 11, output: 3, cachedInput: 4 } }));
    const whole = await anthropic(scene).messages.create({ model: scene.model, ...ASK, system: 'be brief' });
    expect(whole).toMatchObject({
      type: 'message',
      content: [{ type: 'text', text: 'a word' }],
      stop_reason: 'end_turn',
    });
    expect(whole.usage).toMatchObject({ input_tokens: 7, cache_read_input_tokens: 4, output_tokens: 3 });
    const streamed = await anthropic(scene)
      .messages.stream({ model: scene.model, ...ASK })
      .finalMessage();
    expect(streamed.content).toEqual(whole.content);
    expect(streamed.usage).toMatchObject({ output_tokens: 3 });
    const events = await scene.events(2);
    for (const event of events) {
      expect(event).toMatchObject({ endpoint: '/v1/messages', outcome: 'completed', usageSource: 'upstream' });
      expect(event.usage).toMatchObject({ input: 11, cachedInput: 4, output: 3 });
    }
  });

  test.each([
    ['chat', chatOnly],
    ['responses', responsesOnly],
  ])('of Google’s SDK reaches an upstream of %s, whole and streamed', async (_, open) => {
    const scene = await open();
    scene.up.when({}, reply({ text: 'a word', usage: { input: 11, output: 3 } }));
    const ask = { model: scene.model, contents: 'hello', config: { systemInstruction: 'be brief' } };
    const whole = await google(scene).models.generateContent(ask);
    expect(whole.text).toBe('a word');
    expect(whole.usageMetadata).toMatchObject({ promptTokenCount: 11, candidatesTokenCount: 3 });
    let text = '';
    for await (const chunk of await google(scene).models.generateContentStream(ask)) text += chunk.text ?? '';
    expect(text).toBe('a word');
    const events = await scene.events(2);
    expect(events.map(({ endpoint, outcome, model }) => [endpoint, outcome, model])).toEqual(
      [1, 2].map(() => ['/v1beta/models:generateContent', 'completed', scene.model]),
    );
  });

  test('of Google without events is streamed as one JSON array', async () => {
    const scene = await chatOnly();
    scene.up.queue(reply({ text: 'a word or two' }));
    const body = { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] };
    const answer = await scene.post(`/v1beta/models/${scene.model}:streamGenerateContent`, body);
    expect(answer.headers['content-type']).toBe('application/json');
    const chunks: { candidates: { content: { parts: { text: string }[] } }[] }[] = JSON.parse(answer.text);
    expect(chunks.map(({ candidates }) => candidates[0]?.content.parts[0]?.text ?? '').join('')).toBe('a word or two');
  });

  test('is refused by the name of the field that cannot be said, before anybody is asked', async () => {
    const scene = await chatOnly();
    const asked = scene.post('/v1/messages', { model: scene.model, ...ASK, top_k: 5 });
    expect((await asked).status).toBe(400);
    expect(JSON.parse((await asked).text)).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining('top_k') },
    });
    expect(scene.asked).toEqual([0]);
    expect(await scene.onlyEvent()).toMatchObject({ outcome: 'failed', errorCode: 'unsupported_parameter' });
  });

  test('goes on to an upstream that can say it', async () => {
    const scene = await openScene(boot, { upstreams: 2, changes: [{ wires: ['chat'] }, { wires: ['responses'] }] });
    scene.up.when({}, reply({ text: 'no' }));
    const answer = await scene.responses({ previous_response_id: null, truncation: 'auto' });
    expect([answer.status, scene.asked]).toEqual([200, [0, 1]]);
    const { attempts } = await scene.lastDecision();
    expect(attempts.map(({ verdict, errorCode }) => [verdict, errorCode])).toEqual([
      ['inexpressible', 'truncation'],
      ['completed', null],
    ]);
  });

  test('fails over before its first words, and says so in its own terms afterwards', async () => {
    const scene = await openScene(boot, { upstreams: 2, changes: { wires: ['chat'] } });
    scene.up.queue(fault.status(503));
    const whole = await anthropic(scene).messages.create({ model: scene.model, ...ASK });
    expect([whole.type, scene.asked]).toEqual(['message', [1, 1]]);
    scene.up.when({}, fault.cut({ events: 4 }));
    scene.second.when({}, fault.cut({ events: 4 }));
    const broken = await scene.post('/v1/messages', { model: scene.model, ...ASK, stream: true });
    expect(broken.text).toContain('event: message_start');
    expect(broken.text).toMatch(/event: error\ndata: \{"type":"error"/);
    expect(broken.text).not.toContain('message_stop');
  });

  test('hears the provider’s refusal in its own shape', async () => {
    const scene = await chatOnly();
    scene.up.when(
      {},
      fault.status(400, { error: { message: 'the prompt is odd', type: 'invalid_request_error', code: null } }),
    );
    const asked = anthropic(scene).messages.create({ model: scene.model, ...ASK });
    await expect(asked).rejects.toMatchObject({
      status: 400,
      error: { type: 'error', error: { message: 'the prompt is odd' } },
    });
    const { text } = await scene.post(`/v1beta/models/${scene.model}:generateContent`, {
      contents: [{ role: 'user', parts: [{ text: 'hello' }] }],
    });
    expect(JSON.parse(text)).toMatchObject({ error: { code: 400, message: 'the prompt is odd' } });
  });
});

describe('a count of tokens', () => {
  test('is estimated where no upstream can be asked', async () => {
    const scene = await chatOnly();
    const { input_tokens } = await anthropic(scene).messages.countTokens({
      model: scene.model,
      messages: ASK.messages,
    });
    expect(input_tokens).toBeGreaterThan(0);
    const { totalTokens } = await google(scene).models.countTokens({ model: scene.model, contents: 'hello' });
    expect(totalTokens).toBeGreaterThan(0);
    expect(scene.asked).toEqual([0]);
    for (const event of await scene.events(2))
      expect(event).toMatchObject({ outcome: 'completed', costUsdMicros: null });
  });
});

describe('keys and models as other clients send and list them', () => {
  test('a key in Google’s query opens Google’s paths and no others', async () => {
    const scene = await chatOnly();
    const headers = { authorization: '' };
    const body = { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] };
    const path = `/v1beta/models/${scene.model}:generateContent?key=`;
    expect((await scene.post(`${path}${scene.keyText}`, body, { headers })).status).toBe(200);
    expect((await scene.post(`${path}sk-wrong`, body, { headers })).status).toBe(401);
    expect((await scene.call(`/v1beta/models?key=${scene.keyText}`, { headers })).status).toBe(200);
    expect((await scene.call(`/v1/models?key=${scene.keyText}`, { headers })).status).toBe(401);
  });

  test('models are listed in the shape of who asks', async () => {
    const scene = await chatOnly();
    const seen = await anthropic(scene).models.list();
    expect(seen.data.map(({ id }) => id)).toContain(scene.model);
    const listed = await scene.call('/v1beta/models');
    expect(JSON.parse(listed.text).models).toContainEqual(expect.objectContaining({ name: `models/${scene.model}` }));
    const one = await google(scene).models.get({ model: scene.model });
    expect(one.name).toBe(`models/${scene.model}`);
    expect((await openai(scene).models.retrieve(scene.model)).object).toBe('model');
  });
});

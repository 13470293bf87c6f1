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

const ASK = { max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello' }] };
const USAGE = { input: 20, cachedInput: 8, output: 3 };

async function chat({ keyText, model }: Scene): Promise<string | null> {
  const client = new OpenAI({ apiKey: keyText, baseURL: `${boot.url}/v1`, maxRetries: 0 });
  const stream = client.chat.completions.stream({ model, messages: ASK.messages });
  return await stream.finalContent();
}

async function responses({ keyText, model }: Scene): Promise<string> {
  const client = new OpenAI({ apiKey: keyText, baseURL: `${boot.url}/v1`, maxRetries: 0 });
  return (await client.responses.create({ model, input: 'hello' })).output_text;
}

async function messages({ keyText, model }: Scene): Promise<string> {
  const client = new Anthropic({ apiKey: keyText, baseURL: boot.url, maxRetries: 0 });
  const { content } = await client.messages.stream({ model, ...ASK }).finalMessage();
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

async function generate({ keyText, model }: Scene): Promise<string> {
  const client = new GoogleGenAI({ apiKey: keyText, httpOptions: { baseUrl: boot.url }, vertexai: false });
  let text = '';
  for await (const chunk of await client.models.generateContentStream({ model, contents: 'hello' }))
    text += chunk.text ?? '';
  return text;
}

describe.each([
  ['anthropic', 'claude-sonnet-4-5', messages, '/v1/messages'],
  ['gemini', 'gemini-2.5-pro', generate, '/v1/models/gemini-2.5-pro:streamGenerateContent'],
] as const)('an upstream of the kind %s', (kind, upstreamModel, own, path) => {
  const open = (count = 1) => openScene(boot, { upstreams: count, changes: { kind }, upstreamModel });

  test.each([
    ['Chat', chat],
    ['Responses', responses],
    ['Messages', messages],
    ['Gemini', generate],
  ])('answers clients of %s', async (_, ask) => {
    const scene = await open();
    scene.up.when({}, reply({ text: 'a few words', usage: USAGE }));
    expect(await ask(scene)).toBe('a few words');
    const sent = at(scene.up.requests, 0);
    expect(sent.headers).not.toHaveProperty('authorization');
    expect(sent.headers[kind === 'anthropic' ? 'x-api-key' : 'x-goog-api-key']).toMatch(/^sk-up1/);
    expect(await scene.onlyEvent()).toMatchObject({
      outcome: 'completed',
      usageSource: 'upstream',
      upstreamModel,
      usage: { input: 20, cachedInput: 8, output: 3 },
    });
  });

  test('gets the bytes of its own clients as they are', async () => {
    const scene = await open();
    await own(scene);
    const sent = at(scene.up.requests, 0);
    expect(sent.path).toBe(path);
    const body = JSON.stringify(sent.json);
    expect(body).not.toContain(scene.model);
  });

  test('that is at its limit is left for another, as long as it says', async () => {
    const scene = await open(2);
    scene.up.queue(kind === 'anthropic' ? fault.anthropic.rateLimited(90) : fault.gemini.rateLimited(90));
    expect(await chat(scene)).not.toBe('');
    expect(scene.asked).toEqual([1, 1]);
    const [rest] = await scene.cooldowns();
    const lastsMs = Number(rest?.['until']) - Number(rest?.['created_at']);
    expect([rest?.['reason'], Math.round(lastsMs / 10_000)]).toEqual(['rate_limit', 9]);
  });

  test('whose key is not valid rests, and its clients never hear of it', async () => {
    const scene = await open(2);
    scene.up.when({}, kind === 'anthropic' ? fault.anthropic.invalidApiKey() : fault.gemini.invalidApiKey());
    expect(await own(scene)).not.toBe('');
    expect(await scene.cooldowns()).toMatchObject([{ reason: 'auth', scope: 'credential' }]);
  });

  test('counts the tokens of its own clients itself', async () => {
    const scene = await open();
    scene.up.when({}, reply({ usage: { input: 77 } }));
    const client = new Anthropic({ apiKey: scene.keyText, baseURL: boot.url, maxRetries: 0 });
    const google = new GoogleGenAI({ apiKey: scene.keyText, httpOptions: { baseUrl: boot.url }, vertexai: false });
    const counted =
      kind === 'anthropic'
        ? (await client.messages.countTokens({ model: scene.model, messages: ASK.messages })).input_tokens
        : (await google.models.countTokens({ model: scene.model, contents: 'hello' })).totalTokens;
    expect([counted, scene.asked]).toEqual([77, [1]]);
  });
});

test('an account without money is one, in whatever words', async () => {
  const scene = await openScene(boot, { upstreams: 2, changes: { kind: 'anthropic' }, upstreamModel: 'claude-x' });
  scene.up.when({}, fault.anthropic.creditTooLow());
  expect(await messages(scene)).not.toBe('');
  expect(await scene.cooldowns()).toMatchObject([{ reason: 'billing', scope: 'credential' }]);
});

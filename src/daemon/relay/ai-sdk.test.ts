import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type BootedDaemon, bootDaemon, type UpstreamChanges } from '../testing/boot-daemon.ts';
import { reply } from '../testing/fake-upstream.ts';
import { openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterAll(async () => await boot.stop());

/** Vercel's providers, each with its own wire. */
const PROVIDERS = {
  'openai chat': ({ model, keyText }: Scene) => openai(keyText).chat(model),
  'openai responses': ({ model, keyText }: Scene) => openai(keyText).responses(model),
  anthropic: ({ model, keyText }: Scene) =>
    createAnthropic({ apiKey: keyText, baseURL: `${boot.url}/v1` }).languageModel(model),
  google: ({ model, keyText }: Scene) =>
    createGoogleGenerativeAI({ apiKey: keyText, baseURL: `${boot.url}/v1beta` }).languageModel(model),
} satisfies Record<string, (scene: Scene) => LanguageModel>;

const openai = (apiKey: string) => createOpenAI({ apiKey, baseURL: `${boot.url}/v1` });

const CHAT_ONLY: UpstreamChanges = { wires: ['chat'] };
/** A client, and upstreams of its own wire and of another. */
const PAIRS: readonly (readonly [keyof typeof PROVIDERS, string, UpstreamChanges])[] = [
  ['openai chat', 'its own wire', {}],
  ['openai chat', 'responses', { wires: ['responses'] }],
  ['openai responses', 'its own wire', {}],
  ['openai responses', 'chat', CHAT_ONLY],
  ['anthropic', 'its own wire', { kind: 'anthropic' }],
  ['anthropic', 'chat', CHAT_ONLY],
  ['google', 'its own wire', { kind: 'gemini' }],
  ['google', 'chat', CHAT_ONLY],
];

/** Two steps: the model calls the tool, hears what it says, and answers. */
async function openTurn(changes: UpstreamChanges) {
  const scene = await openScene(boot, { changes });
  scene.up.queue(
    reply({ toolCall: { name: 'weather', arguments: '{"city":"Oslo"}' } }),
    reply({ text: 'It rains in Oslo.', usage: { input: 21, output: 6 } }),
  );
  const asked: string[] = [];
  const weather = tool({
    description: 'Tells the weather',
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      asked.push(city);
      return { sky: 'rainy-and-grey' };
    },
  });
  const call = {
    system: 'Be brief.',
    prompt: 'How is the weather in Oslo?',
    tools: { weather },
    stopWhen: stepCountIs(3),
    maxRetries: 0,
    maxOutputTokens: 500,
  };
  return { scene, asked, call };
}

async function expectTurn(scene: Scene, asked: readonly string[]): Promise<void> {
  expect(asked).toEqual(['Oslo']);
  expect(scene.up.requests).toHaveLength(2);
  expect(scene.up.requests[1]?.body.toString()).toContain('rainy-and-grey');
  const events = await scene.events(2);
  expect(events.map(({ outcome, usageSource }) => [outcome, usageSource])).toEqual(
    [1, 2].map(() => ['completed', 'upstream']),
  );
}

describe.each(PAIRS)('Vercel’s AI SDK of %s, over %s', (provider, _, changes) => {
  test('generates a text with a tool', async () => {
    const { scene, asked, call } = await openTurn(changes);
    const { text, steps, usage } = await generateText({ ...call, model: PROVIDERS[provider](scene) });
    expect([text, steps.length]).toEqual(['It rains in Oslo.', 2]);
    expect(usage).toMatchObject({ inputTokens: 21, outputTokens: 6 });
    await expectTurn(scene, asked);
  });

  test('streams a text with a tool', async () => {
    const { scene, asked, call } = await openTurn(changes);
    const result = streamText({ ...call, model: PROVIDERS[provider](scene) });
    let text = '';
    for await (const delta of result.textStream) text += delta;
    expect([text, await result.finishReason]).toEqual(['It rains in Oslo.', 'stop']);
    expect(await result.usage).toMatchObject({ inputTokens: 21, outputTokens: 6 });
    await expectTurn(scene, asked);
  });
});

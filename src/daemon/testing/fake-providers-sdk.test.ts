import Anthropic from '@anthropic-ai/sdk';
import { ApiError, GoogleGenAI } from '@google/genai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeUpstream, fault, reply, startFakeUpstream } from './fake-upstream.ts';

let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await startFakeUpstream({ keys: ['k'] });
});

afterAll(async () => {
  await upstream.close();
});

const USAGE = { input: 100, cachedInput: 40, cacheWrite: 10, output: 30, reasoning: 12 };
const CALL = reply({ reasoning: 'let me see', toolCall: { name: 'look', arguments: '{"at":"sky"}' }, usage: USAGE });

/** The providers' own clients are the judges of what is a believable answer. */
describe('Anthropic', () => {
  const client = (apiKey = 'k') => new Anthropic({ baseURL: upstream.url, apiKey, maxRetries: 0 });
  const params = { model: 'claude-x', max_tokens: 10, messages: [{ role: 'user' as const, content: 'hi' }] };

  test('streams and answers thoughts and a call, with the same usage', async () => {
    upstream.queue(CALL, CALL);
    const streamed = await client().messages.stream(params).finalMessage();
    const whole = await client().messages.create(params);
    for (const message of [streamed, whole]) {
      expect(message.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
      expect(message.content[1]).toMatchObject({ input: { at: 'sky' } });
      expect(message).toMatchObject({ stop_reason: 'tool_use', usage: { input_tokens: 50, output_tokens: 30 } });
    }
  });

  test('counts', async () => {
    const { model, messages } = params;
    expect((await client().messages.countTokens({ model, messages })).input_tokens).toBe(11);
  });

  test('refuses in its own words: keys, limits, foreign signatures', async () => {
    await expect(client('other').messages.create(params)).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
    upstream.queue(fault.anthropic.rateLimited(7), fault.anthropic.overloaded());
    await expect(client().messages.create(params)).rejects.toMatchObject({ status: 429, type: 'rate_limit_error' });
    await expect(client().messages.create(params)).rejects.toMatchObject({ status: 529, type: 'overloaded_error' });
    const thinking = { type: 'thinking' as const, thinking: 'hm', signature: 'of-another' };
    const messages = [...params.messages, { role: 'assistant' as const, content: [thinking] }];
    await expect(client().messages.create({ ...params, messages })).rejects.toThrow('signature');
  });

  test('fails within a stream', async () => {
    upstream.queue(fault.failInStream({ message: 'broken inside', type: 'overloaded_error' }, 2));
    await expect(client().messages.stream(params).finalMessage()).rejects.toMatchObject({ type: 'overloaded_error' });
  });

  test('is matched by model and stream', async () => {
    upstream.when({ model: 'claude-x', stream: true, path: '/messages' }, reply({ text: 'matched' }));
    expect((await client().messages.stream(params).finalMessage()).content[0]).toMatchObject({ text: 'matched' });
    upstream.reset();
  });
});

describe('Gemini', () => {
  const client = (apiKey = 'k') => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: upstream.url } });
  const params = { model: 'gemini-x', contents: 'hi' };

  async function streamed() {
    const chunks = [];
    for await (const chunk of await client().models.generateContentStream(params)) chunks.push(chunk);
    return chunks;
  }

  test('streams and answers thoughts and a call, with the same usage', async () => {
    upstream.queue(CALL, CALL);
    const usage = { promptTokenCount: 100, candidatesTokenCount: 18, thoughtsTokenCount: 12 };
    const chunks = await streamed();
    expect(chunks.flatMap(({ functionCalls }) => functionCalls ?? [])).toMatchObject([{ args: { at: 'sky' } }]);
    expect(chunks.at(-1)?.usageMetadata).toMatchObject(usage);
    const whole = await client().models.generateContent(params);
    expect(whole.functionCalls).toMatchObject([{ name: 'look', args: { at: 'sky' } }]);
    expect(whole.usageMetadata).toMatchObject(usage);
  });

  test('streams an array when nobody asks for events', async () => {
    const body = JSON.stringify({ contents: [{ parts: [{ text: 'hi' }] }] });
    const url = `${upstream.url}/v1beta/models/gemini-x:streamGenerateContent?key=k`;
    const answer = (await (await fetch(url, { method: 'POST', body })).json()) as readonly object[];
    expect(answer.length).toBeGreaterThan(2);
    expect(answer.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }] });
  });

  test('counts', async () => {
    expect((await client().models.countTokens(params)).totalTokens).toBe(11);
  });

  test('refuses in its own words: keys, limits, calls without a signature', async () => {
    await expect(client('other').models.generateContent(params)).rejects.toThrow('API_KEY_INVALID');
    upstream.queue(fault.gemini.rateLimited(7), fault.gemini.overloaded());
    await expect(client().models.generateContent(params)).rejects.toMatchObject({ status: 429 });
    await expect(client().models.generateContent(params)).rejects.toMatchObject({ status: 503 });
    const contents = [{ role: 'model', parts: [{ functionCall: { name: 'look', args: {} } }] }];
    await expect(client().models.generateContent({ ...params, contents })).rejects.toThrow('thought_signature');
  });

  test('fails within a stream with the bare error', async () => {
    upstream.queue(fault.failInStream({ message: 'broken inside' }));
    await expect(streamed()).rejects.toBeInstanceOf(ApiError);
  });
});

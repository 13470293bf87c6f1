import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeUpstream, fault, reply, startFakeUpstream } from './fake-upstream.ts';

let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await startFakeUpstream();
});

afterAll(async () => {
  await upstream.close();
});

/** The provider's own clients are the judges of what is a believable answer. */
describe.each([
  ['openai', OpenAI],
  ['openai-6', OpenAI6 as unknown as typeof OpenAI],
])('%s', (_name, Client) => {
  const client = () => new Client({ baseURL: `${upstream.url}/v1`, apiKey: 'sk-a', maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'hi' }];

  test('streams a response with thoughts and a tool call', async () => {
    upstream.queue(reply({ reasoning: 'let me see', toolCall: { name: 'look', arguments: '{"at":"sky"}' } }));
    const final = await client().responses.stream({ model: 'm', input: 'hi' }).finalResponse();
    expect(final.output.map(({ type }) => type)).toEqual(['reasoning', 'function_call']);
    expect(final.usage?.total_tokens).toBe(18);
  });

  test('streams chat with a tool call', async () => {
    upstream.queue(reply({ toolCall: { name: 'look', arguments: '{"at":"sky"}' } }));
    const final = await client().chat.completions.stream({ model: 'm', messages }).finalChatCompletion();
    expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { arguments: '{"at":"sky"}' } });
  });

  test('raises what fails inside a stream, and refusals', async () => {
    upstream.queue(fault.failInStream({ message: 'broken inside' }), fault.rateLimited());
    const read = async () => {
      const stream = await client().chat.completions.create({ model: 'm', messages, stream: true });
      for await (const _ of stream);
    };
    await expect(read()).rejects.toThrow('broken inside');
    await expect(client().responses.create({ model: 'm', input: 'hi' })).rejects.toThrow('429');
  });
});

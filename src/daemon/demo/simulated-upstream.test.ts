import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { httpExchange } from '../testing/http-exchange.ts';
import { type SimulatedUpstream, startSimulatedUpstream } from './simulated-upstream.ts';

let upstream: SimulatedUpstream;
let openai: OpenAI;

beforeAll(async () => {
  upstream = await startSimulatedUpstream({ wordDelayMs: 0 });
  openai = new OpenAI({ baseURL: upstream.baseUrl, apiKey: upstream.key, maxRetries: 0 });
});

afterAll(async () => {
  await upstream.close();
});

const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'What is rain?' }] }];

test('a chat completion says what it is and counts the input', async () => {
  const short = await openai.chat.completions.create({ model: 'simulated-small', messages });
  expect(short.choices[0]?.message.content).toContain('This is a simulation');
  expect(short.choices[0]?.message.content).toContain('What is rain?');
  expect(short.model).toBe('simulated-small');
  const long = await openai.chat.completions.create({
    model: 'simulated-small',
    messages: [{ role: 'user', content: 'rain '.repeat(400) }],
  });
  expect(long.usage?.prompt_tokens).toBeGreaterThan((short.usage?.prompt_tokens ?? 0) + 400);
});

test('a chat stream has usage only when asked', async () => {
  for (const isAsked of [true, false]) {
    const stream = await openai.chat.completions.create({
      model: 'simulated-small',
      messages,
      stream: true,
      ...(isAsked ? { stream_options: { include_usage: true } } : {}),
    });
    let text = '';
    let total = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      total += chunk.usage?.total_tokens ?? 0;
    }
    expect(text).toContain('This is a simulation');
    expect(total > 0).toBe(isAsked);
  }
});

test('responses, whole and streamed', async () => {
  const whole = await openai.responses.create({ model: 'simulated-large', input: 'What is snow?' });
  expect(whole.output_text).toContain('What is snow?');
  const stream = openai.responses.stream({ model: 'simulated-large', input: 'What is snow?' });
  const final = await stream.finalResponse();
  expect(final.output_text).toBe(whole.output_text);
  expect(final.usage).toEqual(whole.usage);
});

test('models and embeddings', async () => {
  const models = await openai.models.list();
  expect(models.data.map((model) => model.owned_by)).toEqual(['simulation', 'simulation']);
  const { data } = await openai.embeddings.create({ model: 'simulated-small', input: ['a', 'b'] });
  expect(data.map(({ embedding }) => embedding.length)).toEqual([16, 16]);
});

test('every answer is marked, and only its own key opens it', async () => {
  const ask = (path: string, key: string, body?: unknown) =>
    httpExchange(`${upstream.baseUrl}${path}`, { headers: { authorization: `Bearer ${key}` }, body });
  const answers = [
    await ask('/models', upstream.key),
    await ask('/models', 'sk-other'),
    await ask('/nothing', upstream.key),
    await ask('/responses', upstream.key, '[not json'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 401, 404, 400]);
  expect(answers.every(({ headers }) => headers['x-simulated'] === 'true')).toBe(true);
});

test('words come one by one', async () => {
  const slow = await startSimulatedUpstream({ wordDelayMs: 2 });
  let pieces = 0;
  const answer = await httpExchange(`${slow.baseUrl}/responses`, {
    headers: { authorization: `Bearer ${slow.key}` },
    body: { model: 'simulated-small', input: 'hi', stream: true },
    onData: () => {
      pieces += 1;
    },
  });
  expect(answer.text).toContain('event: response.completed');
  expect(pieces).toBeGreaterThan(10);
  await slow.close();
});

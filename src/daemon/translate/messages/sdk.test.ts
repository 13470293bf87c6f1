import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import type { AnswerEvent, Seal } from '../form/index.ts';
import { answer, call, promptOf, text, toldOf } from '../testing/said-answer.ts';
import { serving } from '../testing/serve-once.ts';
import { messagesTranslator } from './index.ts';

const PARAMS = { model: 'the-model', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] };
const SEAL: Seal = { wire: 'responses', kind: 'encrypted', data: 'gAAA', id: 'rs_1' };
const THOUGHT = { content: { kind: 'reasoning' } as const, pieces: ['let me ', 'see'], seal: SEAL };

function written(events: readonly AnswerEvent[]): string {
  const writer = messagesTranslator.openWriter(toldOf());
  return events.map((event) => writer.write(event)).join('');
}

async function streamed(events: readonly AnswerEvent[]): Promise<Anthropic.Message> {
  return await serving({ contentType: 'text/event-stream', body: written(events) }, async (baseURL) => {
    const client = new Anthropic({ baseURL, apiKey: 'k', maxRetries: 0 });
    return await client.messages.stream(PARAMS).finalMessage();
  });
}

async function whole(events: readonly AnswerEvent[], status = 200): Promise<Anthropic.Message> {
  const body = JSON.stringify(messagesTranslator.writeAnswer(events, toldOf()));
  return await serving({ status, contentType: 'application/json', body }, async (baseURL) => {
    return await new Anthropic({ baseURL, apiKey: 'k', maxRetries: 0 }).messages.create(PARAMS);
  });
}

describe.each([
  ['a stream', streamed],
  ['a whole answer', whole],
])("Anthropic's own client reads %s", (_name, read) => {
  test('text, with usage that leaves out what caches had', async () => {
    const message = await read(answer([text('Hello ', 'there.')], { reason: 'stop' }));
    expect(message).toMatchObject({ model: 'the-model', stop_reason: 'end_turn', id: 'msg_seed0001' });
    expect(message.content).toMatchObject([{ type: 'text', text: 'Hello there.' }]);
    expect(message.usage).toMatchObject({
      input_tokens: 65,
      cache_read_input_tokens: 40,
      cache_creation_input_tokens: 15,
      output_tokens: 30,
      output_tokens_details: { thinking_tokens: 12 },
    });
  });

  test('thinking whose seal comes back, and parallel calls', async () => {
    const said = [THOUGHT, call('call_1', 'look', '{"at":', '"sky"}'), call('call_2', 'look')];
    const message = await read(answer(said, { reason: 'tool-calls' }));
    expect(message.stop_reason).toBe('tool_use');
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'let me see' },
      { type: 'tool_use', id: 'call_1', name: 'look', input: { at: 'sky' } },
      { type: 'tool_use', id: 'call_2', name: 'look', input: {} },
    ]);
    const next = { ...PARAMS, messages: [...PARAMS.messages, { role: 'assistant', content: message.content }] };
    const { turns } = messagesTranslator.readRequest(next, { model: 'm', stream: false });
    expect(turns[1]?.parts[0]).toEqual({ kind: 'reasoning', text: 'let me see', seal: SEAL });
  });

  test('seals of calls and texts, which have no place of their own', async () => {
    const seal: Seal = { wire: 'gemini', kind: 'thought', data: 'AAEC', id: null };
    const said = [
      { ...text('one'), seal },
      { ...call('c', 'look', '{}'), seal },
    ];
    const message = await read(answer(said, { reason: 'tool-calls' }));
    const next = { ...PARAMS, messages: [{ role: 'assistant', content: message.content }] };
    const { turns } = messagesTranslator.readRequest(next, { model: 'm', stream: false });
    expect(turns[0]?.parts).toEqual([
      { kind: 'text', text: 'one', seal },
      { kind: 'tool-call', callId: 'c', name: 'look', input: '{}', isCustom: false, seal },
    ]);
  });

  test('a stop sequence, a limit and a refusal', async () => {
    const stopped = await read(answer([text('a')], { reason: 'stop-sequence', stopSequence: 'END' }));
    expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
    expect((await read(answer([text('a')], { reason: 'length' }))).stop_reason).toBe('max_tokens');
    const refused = await read(answer([{ content: { kind: 'refusal' }, pieces: ['No.'] }], { reason: 'refusal' }));
    expect(refused).toMatchObject({ stop_reason: 'refusal', content: [{ type: 'text', text: 'No.' }] });
  });
});

test('blocks that overlap come one after the other', async () => {
  const content = (callId: string) => ({ kind: 'tool-call', callId, name: 'look', isCustom: false }) as const;
  const overlapping: AnswerEvent[] = [
    { type: 'start', id: null, model: null },
    { type: 'block-start', block: 0, content: content('a') },
    { type: 'block-start', block: 1, content: content('b') },
    { type: 'delta', block: 1, text: '{"b":' },
    { type: 'delta', block: 0, text: '{"a":1}' },
    { type: 'delta', block: 1, text: '2}' },
    { type: 'block-end', block: 1 },
    { type: 'block-end', block: 0 },
    { type: 'end', reason: 'tool-calls', stopSequence: null, usage: null, serviceTier: null },
  ];
  expect((await streamed(overlapping)).content).toMatchObject([
    { id: 'a', input: { a: 1 } },
    { id: 'b', input: { b: 2 } },
  ]);
});

test('a failure within a stream is raised, with its code', async () => {
  const broken = answer([text('Hel')]).slice(0, -2);
  const failed = { type: 'failed', status: 529, code: 'upstream_overloaded', message: 'too busy' } as const;
  const raised = await streamed([...broken, failed]).catch((error: unknown) => error);
  expect(raised).toBeInstanceOf(Anthropic.APIError);
  expect(raised).toMatchObject({ type: 'overloaded_error', errorCode: 'upstream_overloaded' });
});

test('an error is raised with its status, type and code', async () => {
  const failed = { type: 'failed', status: 429, code: 'rate_limited', message: 'slow down' } as const;
  const raised = await whole([failed], 429).catch((error: unknown) => error);
  expect(raised).toBeInstanceOf(Anthropic.RateLimitError);
  expect(raised).toMatchObject({ type: 'rate_limit_error', errorCode: 'rate_limited' });
});

test('a count', async () => {
  const body = JSON.stringify(messagesTranslator.counting?.writeCount(42));
  const counted = await serving({ contentType: 'application/json', body }, async (baseURL) => {
    const { model, messages } = PARAMS;
    return await new Anthropic({ baseURL, apiKey: 'k' }).messages.countTokens({ model, messages });
  });
  expect(counted.input_tokens).toBe(42);
});

test('a custom tool comes as the function that this wire has', async () => {
  const prompt = promptOf({ tools: [{ kind: 'custom', name: 'patch', description: null, grammar: null }] });
  const content = { kind: 'tool-call', callId: 'c', name: 'patch', isCustom: true } as const;
  const said = { content, pieces: ['line "1"\n', '\ud83d', '\ude00'] };
  const message = await streamed(answer([said]));
  expect(message.content).toMatchObject([{ input: { input: 'line "1"\n😀' } }]);
  const events = messagesTranslator.readAnswer(message, prompt);
  expect(events).toContainEqual({ type: 'block-start', block: 0, content });
  expect(events).toContainEqual({ type: 'delta', block: 0, text: 'line "1"\n😀' });
});

import { describe, expect, test } from 'vitest';
import { type AnswerEvent, foldAnswer, type Json } from '../form/index.ts';
import { expectOrder } from '../testing/replay.ts';
import { ChatReader } from './read-stream.ts';

function read(...chunks: readonly (Json | string)[]) {
  const reader = new ChatReader();
  const told: AnswerEvent[] = chunks.flatMap((chunk) => [
    ...reader.read('', typeof chunk === 'string' ? chunk : JSON.stringify(chunk)),
  ]);
  told.push(...reader.finish());
  expectOrder(told);
  const { blocks, ending } = foldAnswer(told);
  return { blocks: blocks.map(({ content, text }) => ({ ...content, text })), ending };
}

function delta(delta: Json, more: Json = {}): Json {
  return { id: 'chatcmpl-1', model: 'm', choices: [{ index: 0, delta, ...more }] };
}

const DONE = delta({}, { finish_reason: 'stop' });

function call(more: Json): Json {
  return delta({ tool_calls: [more] });
}

describe('a reader of Chat Completions', () => {
  test('tells thoughts from words by either name', () => {
    const { blocks } = read(
      delta({ role: 'assistant', content: '' }),
      delta({ reasoning: 'H', reasoning_content: 'H' }),
      delta({ reasoning: 'm' }),
      delta({ content: 'Hi' }),
      DONE,
    );
    expect(blocks).toEqual([
      { kind: 'reasoning', text: 'Hm' },
      { kind: 'text', text: 'Hi' },
    ]);
  });

  test('reads content in parts', () => {
    const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] };
    expect(read(delta({ content: [thinking, { type: 'text', text: 'Hi' }] }), DONE).blocks).toEqual([
      { kind: 'reasoning', text: 'Hm' },
      { kind: 'text', text: 'Hi' },
    ]);
  });

  test('tells calls apart by id when a server counts them all as the first, or not at all', () => {
    const first = { id: 'a', type: 'function', function: { name: 'f', arguments: '{' } };
    const second = { id: 'b', function: { name: 'g', arguments: '[' } };
    const rest = (text: string) => call({ function: { arguments: text } });
    const expected = [
      { kind: 'tool-call', callId: 'a', name: 'f', isCustom: false, text: '{}' },
      { kind: 'tool-call', callId: 'b', name: 'g', isCustom: false, text: '[]' },
    ];
    expect(
      read(call({ index: 0, ...first }), rest('}'), call({ index: 0, ...second }), rest(']'), DONE).blocks,
    ).toEqual(expected);
    expect(read(call(first), rest('}'), call(second), rest(']'), DONE).blocks).toEqual(expected);
  });

  test('waits for the name of a call, and makes an id for one that has none', () => {
    const { blocks, ending } = read(
      call({ index: 0, function: { arguments: '{' } }),
      call({ index: 0, function: { name: 'f', arguments: '}' } }),
      DONE,
    );
    expect(blocks).toEqual([
      { kind: 'tool-call', callId: 'call_chatcmpl-1_0', name: 'f', isCustom: false, text: '{}' },
    ]);
    expect(ending).toMatchObject({ reason: 'tool-calls' });
    expect(read(call({ index: 0, id: 'a', function: { arguments: '{' } }), DONE).ending).toMatchObject({
      type: 'failed',
    });
  });

  test('takes the last count of tokens, wherever it stands', () => {
    const usage = (count: number) => ({ prompt_tokens: count, completion_tokens: 1 });
    expect(
      read(delta({ content: 'x' }), { ...DONE, usage: usage(1) }, { choices: [], usage: usage(2) }).ending,
    ).toMatchObject({ usage: { input: 2 } });
    expect(read(delta({}, { finish_reason: 'stop', usage: usage(3) })).ending).toMatchObject({ usage: { input: 3 } });
    expect(read(DONE, { choices: [], usage: { completion_tokens: 1 } }).ending).toMatchObject({ usage: null });
  });

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'filtered'],
    ['tool_calls', 'tool-calls'],
    ['function_call', 'tool-calls'],
    ['eos', 'stop'],
  ])('the reason %s is %s', (reason, expected) => {
    expect(read(delta({ content: 'x' }, { finish_reason: reason })).ending).toMatchObject({ reason: expected });
  });

  test('an answer without a reason is whole only if the server says that it is done', () => {
    expect(read(delta({ content: 'x' }), '[DONE]').ending).toMatchObject({ type: 'end', reason: 'stop' });
    expect(read(delta({ content: 'x' })).ending).toMatchObject({ type: 'failed', status: 502 });
  });

  test('an error within the stream, or what is no JSON, is a failure', () => {
    const error = { error: { message: 'slow down', code: 429 } };
    expect(read(delta({ content: 'x' }), error, DONE).ending).toMatchObject({
      type: 'failed',
      status: 429,
      message: 'slow down',
    });
    expect(read('<html>').ending).toMatchObject({ type: 'failed', status: 502 });
  });
});

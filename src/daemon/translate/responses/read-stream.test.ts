import { describe, expect, test } from 'vitest';
import { type AnswerEvent, foldAnswer, type Json } from '../form/index.ts';
import { expectOrder } from '../testing/replay.ts';
import { ResponsesReader } from './read-stream.ts';

const USAGE = { input_tokens: 5, output_tokens: 3 };
const COMPLETED = { type: 'response.completed', response: { status: 'completed', output: [], usage: USAGE } };

function read(...events: readonly (Json | string)[]) {
  const reader = new ResponsesReader();
  const told: AnswerEvent[] = events.flatMap((event) => {
    const data = typeof event === 'string' ? event : JSON.stringify(event);
    return [...reader.read('', data)];
  });
  told.push(...reader.finish());
  expectOrder(told);
  const { blocks, ending } = foldAnswer(told);
  return { blocks: blocks.map(({ content, text, seal }) => ({ ...content, text, ...(seal && { seal }) })), ending };
}

function textDelta(delta: string, more: Json = {}): Json {
  return { type: 'response.output_text.delta', output_index: 0, content_index: 0, item_id: 'msg_1', delta, ...more };
}

function itemDone(item: Json, index = 0): Json {
  return { type: 'response.output_item.done', output_index: index, item };
}

const MESSAGE = { type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: 'Hello' }] };
const CALL = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{"a":1}' };
const CALLED = { kind: 'tool-call', callId: 'call_1', name: 'f', isCustom: false, text: '{"a":1}' };

describe('a reader of Responses', () => {
  test('takes items that are only done, with an empty output at the end', () => {
    const { blocks, ending } = read(itemDone(MESSAGE), itemDone(CALL, 1), COMPLETED);
    expect(blocks).toEqual([{ kind: 'text', text: 'Hello' }, CALLED]);
    expect(ending).toMatchObject({ type: 'end', reason: 'tool-calls', usage: { input: 5, output: 3, reasoning: 0 } });
  });

  test('takes an output that comes only with the end', () => {
    const response = { status: 'completed', output: [MESSAGE, CALL] };
    expect(read({ type: 'response.completed', response }).blocks).toEqual([{ kind: 'text', text: 'Hello' }, CALLED]);
  });

  test('tells nothing twice, whatever is repeated', () => {
    const response = { status: 'completed', output: [MESSAGE, CALL] };
    const { blocks } = read(
      textDelta('Hel'),
      textDelta('lo'),
      { type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'Hello' },
      { type: 'response.content_part.done', output_index: 0, content_index: 0, part: MESSAGE.content[0] ?? {} },
      itemDone(MESSAGE),
      itemDone(MESSAGE),
      itemDone(CALL, 1),
      { type: 'response.completed', response },
    );
    expect(blocks).toEqual([{ kind: 'text', text: 'Hello' }, CALLED]);
  });

  test('takes the rest of a text from its end when deltas are missing', () => {
    const done = { type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'Hello' };
    expect(read(textDelta('He'), done, COMPLETED).blocks).toEqual([{ kind: 'text', text: 'Hello' }]);
  });

  test('keeps what was said when the end says something else', () => {
    const done = { type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'Good day' };
    expect(read(textDelta('Hello'), done, COMPLETED).blocks).toEqual([{ kind: 'text', text: 'Hello' }]);
  });

  test('tells from the end only what was not told by its id', () => {
    const delta = { type: 'response.output_text.delta', item_id: 'msg_1', delta: 'Hello' };
    const response = { status: 'completed', output: [MESSAGE, CALL] };
    expect(read(delta, { type: 'response.completed', response }).blocks).toEqual([
      { kind: 'text', text: 'Hello' },
      CALLED,
    ]);
  });

  test('goes by the place when ids change with every event', () => {
    const added = { type: 'response.output_item.added', output_index: 0, item: { ...MESSAGE, id: 'a', content: [] } };
    const response = { status: 'completed', output: [{ ...MESSAGE, id: 'd' }] };
    const events = [
      added,
      textDelta('Hel', { item_id: 'b' }),
      textDelta('lo', { item_id: 'c' }),
      itemDone({ ...MESSAGE, id: 'e' }),
    ];
    expect(read(...events, { type: 'response.completed', response }).blocks).toEqual([{ kind: 'text', text: 'Hello' }]);
  });

  test('understands a server that counts all items as the first', () => {
    const added = (item: Json) => ({ type: 'response.output_item.added', output_index: 0, item });
    const response = { status: 'completed', output: [MESSAGE, CALL] };
    const events = [
      added({ ...MESSAGE, content: [] }),
      textDelta('Hello'),
      itemDone(MESSAGE),
      added({ ...CALL, arguments: '' }),
      itemDone(CALL),
    ];
    expect(read(...events, { type: 'response.completed', response }).blocks).toEqual([
      { kind: 'text', text: 'Hello' },
      CALLED,
    ]);
  });

  test('goes by the id when there is no place', () => {
    const delta = (id: string, text: string) => ({ type: 'response.output_text.delta', item_id: id, delta: text });
    const { blocks } = read(delta('a', '1'), delta('b', '2'), delta('a', '3'), COMPLETED);
    expect(blocks.map(({ text }) => text)).toEqual(['13', '2']);
  });

  test('waits for the name of a call that was not announced', () => {
    const delta = { type: 'response.function_call_arguments.delta', output_index: 0, item_id: 'fc_1', delta: '{"a"' };
    expect(read(delta, itemDone(CALL), COMPLETED).blocks).toEqual([CALLED]);
    expect(read(delta, COMPLETED).ending).toMatchObject({ type: 'failed', status: 502 });
  });

  test('reads several parts of one message, refusals among them', () => {
    const content = [
      { type: 'output_text', text: 'A' },
      { type: 'refusal', refusal: 'B' },
    ];
    const { blocks, ending } = read(itemDone({ ...MESSAGE, content }), COMPLETED);
    expect(blocks).toEqual([
      { kind: 'text', text: 'A' },
      { kind: 'refusal', text: 'B' },
    ]);
    expect(ending).toMatchObject({ reason: 'refusal' });
  });

  test('reads thoughts of open models and sealed thoughts without a word', () => {
    const open = { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'Hm' }] };
    const sealed = { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'gAAA' };
    const delta = {
      type: 'response.reasoning_text.delta',
      output_index: 0,
      item_id: 'rs_1',
      content_index: 0,
      delta: 'H',
    };
    expect(read(delta, itemDone(open), itemDone(sealed, 1), COMPLETED).blocks).toEqual([
      { kind: 'reasoning', text: 'Hm' },
      { kind: 'reasoning', text: '', seal: { wire: 'responses', kind: 'encrypted', data: 'gAAA', id: 'rs_2' } },
    ]);
  });

  test.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'filtered'],
    ['steered', 'length'],
    [undefined, 'length'],
  ])('an answer that is incomplete for %s ends with %s', (reason, expected) => {
    const response = { status: 'incomplete', incomplete_details: reason === undefined ? null : { reason } };
    expect(read(textDelta('x'), { type: 'response.incomplete', response }).ending).toMatchObject({ reason: expected });
  });

  test.each<[string, Json, Json]>([
    ['a flat error', { type: 'error', code: 'rate_limit_exceeded', message: 'slow' }, { status: 429, message: 'slow' }],
    ['an error within', { type: 'error', error: { code: 'server_is_overloaded', message: 'x' } }, { status: 503 }],
    ['an error body for an event', { error: { type: 'invalid_request_error', message: 'x' } }, { status: 400 }],
    [
      'a failed response',
      { type: 'response.failed', response: { error: { code: 'server_error', message: 'x' } } },
      { status: 502 },
    ],
    ['a failed response without a word', { type: 'response.failed' }, { status: 502, code: 'server_error' }],
  ])('%s is a failure, and nothing comes after it', (_name, event, expected) => {
    const { blocks, ending } = read(textDelta('x'), event, textDelta('y'), COMPLETED);
    expect(blocks).toEqual([{ kind: 'text', text: 'x' }]);
    expect(ending).toMatchObject({ type: 'failed', ...expected });
  });

  test('passes over what it does not know, and needs no numbers', () => {
    const { blocks, ending } = read(
      { type: 'codex.rate_limits', plan_type: 'plus' },
      { type: 'keepalive' },
      { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws_1' },
      { type: 'response.some_new_thing.delta', output_index: 9, delta: 'x' },
      textDelta('Hi'),
      { type: 'response.completed', response: { usage: { output_tokens: 1 } } },
      '[DONE]',
    );
    expect(blocks).toEqual([{ kind: 'text', text: 'Hi' }]);
    expect(ending).toMatchObject({ type: 'end', reason: 'stop', usage: null });
  });
});

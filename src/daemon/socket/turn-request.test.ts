import { describe, expect, test } from 'vitest';
import { Conversation } from './conversation.ts';
import { readTurn } from './turn-request.ts';

const MIB = 1024 * 1024;

function read(message: unknown, conversation = new Conversation(4, MIB)) {
  return readTurn(Buffer.from(JSON.stringify(message)), conversation);
}

function bodyOf(message: unknown, conversation?: Conversation): unknown {
  const turn = read(message, conversation);
  if (turn.kind !== 'turn') throw new Error(`a ${turn.kind} instead of a turn`);
  return JSON.parse(turn.body.toString('utf8'));
}

describe('a turn', () => {
  test('is the same question as by HTTP', () => {
    expect(bodyOf({ type: 'response.create', model: 'm', input: [{ a: 1 }], store: false })).toEqual({
      model: 'm',
      input: [{ a: 1 }],
      store: false,
      stream: true,
    });
  });

  test('has everything in it that went before', () => {
    const conversation = new Conversation(4, MIB);
    conversation.remember('resp_1', null, Buffer.from('{"u":1}'), [Buffer.from('{"o":1}'), Buffer.from('{"o":2}')]);
    conversation.remember('resp_2', conversation.find('resp_1'), Buffer.from('{"u":2}'), [Buffer.from('{"o":3}')]);
    const message = { type: 'response.create', previous_response_id: 'resp_2', input: [{ u: 3 }], generate: true };
    expect(bodyOf(message, conversation)).toEqual({
      input: [{ u: 1 }, { o: 1 }, { o: 2 }, { u: 2 }, { o: 3 }, { u: 3 }],
      stream: true,
    });
  });

  test('may go on from any answer, not only from the last', () => {
    const conversation = new Conversation(4, MIB);
    conversation.remember('resp_1', null, Buffer.from('1'), [Buffer.from('2')]);
    conversation.remember('resp_2', conversation.find('resp_1'), Buffer.from('3'), []);
    const message = { type: 'response.create', previous_response_id: 'resp_1', input: [9] };
    expect(bodyOf(message, conversation)).toMatchObject({ input: [1, 2, 9] });
  });

  test('may begin with a text, or with nothing', () => {
    expect(bodyOf({ type: 'response.create', input: 'a "quoted" word' })).toMatchObject({
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'a "quoted" word' }] }],
    });
    expect(bodyOf({ type: 'response.create' })).toMatchObject({ input: [] });
    expect(bodyOf({ type: 'response.create', input: [] })).toMatchObject({ input: [] });
  });

  test('keeps the bytes of its items', () => {
    const frame = Buffer.from('{"type":"response.create","input":[ {"seed":9007199254740993} , 1 ]}');
    const turn = readTurn(frame, new Conversation(4, MIB));
    expect(turn).toMatchObject({ kind: 'turn' });
    expect('body' in turn && turn.body.toString('utf8')).toContain('{"seed":9007199254740993} , 1');
  });
});

test('a warm-up asks for nothing', () => {
  const message = { type: 'response.create', model: 'm', generate: false, input: [{ a: 1 }] };
  expect(read(message)).toMatchObject({ kind: 'warm-up', model: 'm', before: null });
});

test.each([
  ['[]', 'invalid_json'],
  ['{"type":"response.cancel"}', 'unknown_message'],
  ['{"type":"response.create","input":7}', 'invalid_input'],
  ['{"type":"response.create","previous_response_id":"resp_x"}', 'previous_response_not_found'],
])('%s is refused: %s', (frame, code) => {
  expect(readTurn(Buffer.from(frame), new Conversation(4, MIB))).toMatchObject({ kind: 'refused', code });
});

describe('a conversation', () => {
  test('forgets the oldest answers first', () => {
    const conversation = new Conversation(2, MIB);
    for (const id of ['a', 'b', 'c']) conversation.remember(id, null, Buffer.from('1'), []);
    expect([conversation.find('a'), conversation.find('b')?.bytes, conversation.find('c')?.bytes]).toEqual([
      null,
      1,
      1,
    ]);
  });

  test('does not keep what has grown too large', () => {
    const conversation = new Conversation(4, 10);
    conversation.remember('a', null, Buffer.from('12345678'), []);
    conversation.remember('b', conversation.find('a'), Buffer.from('123'), []);
    expect(conversation.find('a')).not.toBeNull();
    expect(conversation.find('b')).toBeNull();
  });
});

import { describe, expect, test } from 'vitest';
import type { AnswerEvent, Json } from '../form/index.ts';
import { writeStream } from '../testing/replay.ts';
import { BARE_TOLD } from '../testing/told.ts';
import { responsesTranslator } from './index.ts';

const CALL = { kind: 'tool-call', callId: 'call_1', name: 'rm', isCustom: false } as const;
const BEGUN: readonly AnswerEvent[] = [
  { type: 'start', id: null, model: null },
  { type: 'block-start', block: 0, content: CALL },
  { type: 'delta', block: 0, text: '{"path":"/' },
];

function written(events: readonly AnswerEvent[]) {
  const stream = writeStream(responsesTranslator, events, BARE_TOLD);
  return stream
    .trimEnd()
    .split('\n\n')
    .map((event) => {
      const [name, data] = event.split('\n');
      return { name: name?.slice('event: '.length), data: JSON.parse(data?.slice('data: '.length) ?? '') as Json };
    });
}

describe('a stream of Responses', () => {
  test('never ends a call that broke off, and fails in words for Codex and for the libraries', () => {
    const events = written([...BEGUN, { type: 'failed', status: 503, code: 'server_is_overloaded', message: 'busy' }]);
    expect(events.map(({ name }) => name)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.failed',
      'error',
    ]);
    const error = { code: 'server_is_overloaded', message: 'busy' };
    expect(events.at(-2)?.data).toMatchObject({ response: { status: 'failed', output: [], error } });
    expect(events.at(-1)?.data).toMatchObject({ ...error, param: null, error: { ...error, type: 'server_error' } });
  });

  test('names every event by its type and counts them from 0', () => {
    const end: AnswerEvent = { type: 'end', reason: 'length', stopSequence: null, usage: null, serviceTier: null };
    const events = written([...BEGUN, { type: 'block-end', block: 0 }, end]);
    expect(events.map(({ data }) => data['type'])).toEqual(events.map(({ name }) => name));
    expect(events.map(({ data }) => data['sequence_number'])).toEqual(events.map((_event, index) => index));
    const incomplete_details = { reason: 'max_output_tokens' };
    expect(events.at(-1)).toMatchObject({
      name: 'response.incomplete',
      data: { response: { status: 'incomplete', incomplete_details, usage: null, store: false } },
    });
  });
});

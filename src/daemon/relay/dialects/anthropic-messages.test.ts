import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunked, chunkSizes } from '../../wire/testing/sse-streams.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { readAll, readWatched } from './testing/read-stream.ts';

const START_USAGE = {
  input_tokens: 60,
  cache_read_input_tokens: 40,
  cache_creation_input_tokens: 15,
  cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 5 },
  output_tokens: 1,
  service_tier: 'standard',
};
const END_USAGE = { output_tokens: 30, output_tokens_details: { thinking_tokens: 12 } };
const WHOLE = { input: 115, cachedInput: 40, cacheWrite5m: 10, cacheWrite1h: 5, output: 30, reasoning: 12 };

function frame(event: { readonly type: string; readonly [member: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

const START = frame({ type: 'message_start', message: { id: 'msg_1', model: 'claude-x', usage: START_USAGE } });
const BLOCK = frame({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
const DELTA = frame({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text: '"error" message_stop' },
});
const STOP = frame({ type: 'content_block_stop', index: 0 });
const END = frame({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: END_USAGE });
const LAST = frame({ type: 'message_stop' });
const PING = frame({ type: 'ping' });

describe('a stream', () => {
  test('commits with its first words and ends with message_stop', () => {
    const { verdicts, reader } = readAll(anthropicMessages, [
      Buffer.from(START + PING + BLOCK + DELTA + STOP + END + LAST),
    ]);
    expect(verdicts).toEqual(['preamble', 'preamble', 'preamble', 'output', 'preamble', 'output', 'ended']);
    expect(reader.isEnded).toBe(true);
  });

  test('adds up usage of which the end says only what grew', () => {
    const { reader } = readAll(anthropicMessages, [Buffer.from(START + DELTA + END + LAST)]);
    expect(reader.facts).toMatchObject({
      usage: WHOLE,
      servedModel: 'claude-x',
      serviceTier: 'standard',
      objectId: null,
    });
  });

  test('takes counts of the end instead of those of the start, where it says them again', () => {
    const usage = { ...END_USAGE, input_tokens: 70, cache_read_input_tokens: 50, cache_creation_input_tokens: 15 };
    const end = frame({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage });
    const { reader } = readAll(anthropicMessages, [Buffer.from(START + end)]);
    expect(reader.facts.usage).toEqual({ ...WHOLE, input: 135, cachedInput: 50 });
    expect(reader.isEnded).toBe(true);
  });

  test('has not ended when it breaks off, and keeps what was counted until then', () => {
    const { reader } = readAll(anthropicMessages, [Buffer.from(START + BLOCK + DELTA)]);
    expect(reader.isEnded).toBe(false);
    expect(reader.facts.usage).toMatchObject({ input: 115, output: 1 });
  });

  test('fails with the status that a plain answer would have had', () => {
    const error = frame({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
    const { verdicts, reader } = readAll(anthropicMessages, [Buffer.from(START + error)]);
    expect(verdicts.at(-1)).toBe('failed');
    expect(reader.failure).toEqual({ status: 529, code: 'overloaded_error', message: 'Overloaded' });
  });

  test('is read without event names too, and with data that is no JSON', () => {
    const bare = [START, 'event: content_block_delta\ndata: {"ty\n\n', END]
      .join('')
      .replace(/^event: message.*\n/gm, '');
    const { verdicts, reader } = readAll(anthropicMessages, [Buffer.from(bare)]);
    expect(verdicts).toEqual(['preamble', 'output', 'output']);
    expect(reader.facts.usage).toEqual(WHOLE);
  });

  test('shows the same end when it is only watched, however it is cut', () => {
    const long = frame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'x'.repeat(900) } });
    const stream = Buffer.from(START + BLOCK + DELTA + long + STOP + END + LAST);
    fc.assert(
      fc.property(chunkSizes(), (sizes) => {
        const { reader, verdicts } = readWatched(anthropicMessages, chunked(stream, sizes));
        expect(verdicts.at(-1)).toBe('ended');
        expect(verdicts.length).toBeLessThan(7);
        expect(reader.facts.usage).toEqual(WHOLE);
      }),
    );
  });
});

describe('a whole answer', () => {
  test('tells usage, model and tier', () => {
    const usage = { ...START_USAGE, ...END_USAGE };
    const body = Buffer.from(JSON.stringify({ type: 'message', id: 'msg_1', model: 'claude-x', usage }));
    expect(anthropicMessages.readJson(body)).toMatchObject({ usage: WHOLE, servedModel: 'claude-x', failure: null });
  });

  test('may be an error all the same, or no answer at all', () => {
    const error = { type: 'error', error: { type: 'rate_limit_error', message: 'slow' } };
    expect(anthropicMessages.readJson(Buffer.from(JSON.stringify(error)))?.failure?.status).toBe(429);
    expect(anthropicMessages.readJson(Buffer.from('<html>'))).toBeNull();
  });

  test('with nonsense for usage has none', () => {
    const body = Buffer.from('{"model":"m","usage":{"input_tokens":-1,"output_tokens":"7"}}');
    expect(anthropicMessages.readJson(body)?.usage).toBeNull();
  });
});

test('a broken stream ends with an error event of the API', () => {
  const { reader } = readAll(anthropicMessages, [anthropicMessages.errorEvent('stream_incomplete', 'broke')]);
  expect(reader.failure).toMatchObject({ status: 500, code: 'stream_incomplete', message: 'broke' });
  expect(readAll(anthropicMessages, [anthropicMessages.keepalive]).verdicts).toEqual(['preamble']);
});

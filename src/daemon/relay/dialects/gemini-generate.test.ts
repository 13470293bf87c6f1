import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunked, chunkSizes } from '../../wire/testing/sse-streams.ts';
import { geminiGenerate } from './gemini-generate.ts';
import { readAll, readWatched } from './testing/read-stream.ts';

const USAGE = {
  promptTokenCount: 100,
  cachedContentTokenCount: 40,
  toolUsePromptTokenCount: 20,
  candidatesTokenCount: 18,
  thoughtsTokenCount: 12,
  totalTokenCount: 150,
};
const WHOLE = { input: 120, cachedInput: 40, cacheWrite5m: 0, cacheWrite1h: 0, output: 30, reasoning: 12 };

function chunk(candidate: object, usageMetadata: object): object {
  return { candidates: [{ index: 0, ...candidate }], usageMetadata, modelVersion: 'gemini-x', responseId: 'r1' };
}

const FIRST = chunk({ content: { parts: [{ text: 'Hello ' }], role: 'model' } }, { promptTokenCount: 100 });
const LAST = chunk({ content: { parts: [{ text: '' }], role: 'model' }, finishReason: 'STOP' }, USAGE);

function sse(...chunks: readonly object[]): Buffer {
  return Buffer.from(chunks.map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`).join(''));
}

describe('a stream', () => {
  test('commits with its first words and is whole with its reason to finish', () => {
    const empty = chunk({ content: { parts: [{ text: '', thought: true }], role: 'model' } }, {});
    const { verdicts, reader } = readAll(geminiGenerate, [sse(empty, FIRST, LAST)]);
    expect(verdicts).toEqual(['preamble', 'output', 'output']);
    expect(reader).toMatchObject({ isEnded: true, failure: null });
    expect(reader.facts).toMatchObject({ usage: WHOLE, servedModel: 'gemini-x', objectId: null });
  });

  test('has not ended when it breaks off, and keeps the last count', () => {
    const { reader } = readAll(geminiGenerate, [sse(FIRST)]);
    expect(reader.isEnded).toBe(false);
    expect(reader.facts.usage).toMatchObject({ input: 100, output: 0 });
  });

  test('of a prompt that was held back has ended', () => {
    const { verdicts, reader } = readAll(geminiGenerate, [sse({ promptFeedback: { blockReason: 'SAFETY' } })]);
    expect(verdicts).toEqual(['output']);
    expect(reader.isEnded).toBe(true);
  });

  test.each([
    ['in an event', (error: object) => sse({ error })],
    ['bare, as Google does', (error: object) => Buffer.from(JSON.stringify({ error }))],
  ])('fails with an error %s', (_name, write) => {
    const error = { code: 503, message: 'overloaded', status: 'UNAVAILABLE' };
    const { verdicts, reader } = readAll(geminiGenerate, [sse(FIRST), write(error)]);
    expect(verdicts).toEqual(['output', 'failed']);
    expect(reader.failure).toEqual({ status: 503, code: 'UNAVAILABLE', message: 'overloaded' });
  });

  test('shows the same end when it is only watched, however it is cut', () => {
    const stream = sse(FIRST, chunk({ content: { parts: [{ text: 'x'.repeat(900) }] } }, {}), LAST);
    fc.assert(
      fc.property(chunkSizes(), (sizes) => {
        const { reader } = readWatched(geminiGenerate, chunked(stream, sizes));
        expect(reader).toMatchObject({ isEnded: true, facts: { usage: WHOLE } });
      }),
    );
  });
});

describe('a whole answer', () => {
  test('tells usage and model, as does the array of a stream', () => {
    for (const body of [LAST, [FIRST, LAST]]) {
      const facts = geminiGenerate.readJson(Buffer.from(JSON.stringify(body)));
      expect(facts).toMatchObject({ usage: WHOLE, servedModel: 'gemini-x', failure: null });
    }
  });

  test('may be an error all the same, or no answer at all', () => {
    const error = { error: { code: 429, message: 'slow', status: 'RESOURCE_EXHAUSTED' } };
    for (const body of [error, [FIRST, error]]) {
      expect(geminiGenerate.readJson(Buffer.from(JSON.stringify(body)))?.failure?.status).toBe(429);
    }
    expect(geminiGenerate.readJson(Buffer.from('<html>'))).toBeNull();
  });
});

test('a broken stream ends with a bare error, and silence is broken by nothing that is an event', () => {
  const broken = Buffer.concat([
    sse(FIRST),
    geminiGenerate.keepalive,
    geminiGenerate.errorEvent('stream_incomplete', 'broke'),
  ]);
  const { verdicts, reader } = readAll(geminiGenerate, [broken]);
  expect(verdicts.filter((verdict) => verdict !== 'preamble')).toEqual(['output', 'failed']);
  expect(reader.failure?.message).toBe('broke');
});

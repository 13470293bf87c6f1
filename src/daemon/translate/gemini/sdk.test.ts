import { ApiError, type GenerateContentResponse, GoogleGenAI } from '@google/genai';
import { describe, expect, test } from 'vitest';
import type { AnswerEvent, Seal } from '../form/index.ts';
import { answer, call, text, toldOf } from '../testing/said-answer.ts';
import { serving } from '../testing/serve-once.ts';
import { geminiTranslator } from './index.ts';

const PARAMS = { model: 'the-model', contents: 'hi' };
const SEAL: Seal = { wire: 'messages', kind: 'signature', data: 'EqQB', id: null };
const THOUGHT = { content: { kind: 'reasoning' } as const, pieces: ['let me ', 'see'], seal: SEAL };

function written(events: readonly AnswerEvent[]): string {
  const writer = geminiTranslator.openWriter(toldOf());
  return events.map((event) => writer.write(event)).join('');
}

function client(baseUrl: string): GoogleGenAI {
  return new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl } });
}

async function streamed(events: readonly AnswerEvent[]): Promise<readonly GenerateContentResponse[]> {
  return await serving({ contentType: 'text/event-stream', body: written(events) }, async (url) => {
    const chunks: GenerateContentResponse[] = [];
    for await (const chunk of await client(url).models.generateContentStream(PARAMS)) chunks.push(chunk);
    return chunks;
  });
}

async function whole(events: readonly AnswerEvent[], status = 200): Promise<readonly GenerateContentResponse[]> {
  const body = JSON.stringify(geminiTranslator.writeAnswer(events, toldOf()));
  return await serving({ status, contentType: 'application/json', body }, async (url) => {
    return [await client(url).models.generateContent(PARAMS)];
  });
}

function partsOf(chunks: readonly GenerateContentResponse[]) {
  return chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
}

describe.each([
  ['a stream', streamed],
  ['a whole answer', whole],
])("Google's own client reads %s", (_name, read) => {
  test('text and usage', async () => {
    const chunks = await read(answer([text('Hello ', 'there.')]));
    expect(chunks.map((chunk) => chunk.text ?? '').join('')).toBe('Hello there.');
    const last = chunks.at(-1);
    expect(last?.candidates?.[0]?.finishReason).toBe('STOP');
    expect(last?.modelVersion).toBe('the-model');
    expect(last?.usageMetadata).toMatchObject({
      promptTokenCount: 120,
      cachedContentTokenCount: 40,
      candidatesTokenCount: 18,
      thoughtsTokenCount: 12,
      totalTokenCount: 150,
    });
  });

  test('thoughts whose seal comes back, and parallel calls', async () => {
    const said = [THOUGHT, call('c1', 'look', '{"at":', '"sky"}'), call('c2', 'look')];
    const chunks = await read(answer(said, { reason: 'tool-calls' }));
    expect(chunks.flatMap(({ functionCalls }) => functionCalls ?? [])).toEqual([
      { id: 'c1', name: 'look', args: { at: 'sky' } },
      { id: 'c2', name: 'look', args: {} },
    ]);
    const body = { contents: [{ role: 'model', parts: partsOf(chunks) }] };
    const { turns } = geminiTranslator.readRequest(body, { model: 'm', stream: false });
    const thoughts = turns[0]?.parts.filter(({ kind }) => kind === 'reasoning');
    expect(thoughts?.at(-1)).toMatchObject({ seal: SEAL });
  });

  test('what was filtered, and a limit', async () => {
    const filtered = await read(answer([], { reason: 'filtered', usage: null }));
    expect(filtered.at(-1)?.candidates?.[0]?.finishReason).toBe('SAFETY');
    const limited = await read(answer([text('a')], { reason: 'length' }));
    expect(limited.at(-1)?.candidates?.[0]?.finishReason).toBe('MAX_TOKENS');
  });
});

test('a failure within a stream is raised, with its status where it comes alone', async () => {
  const failed = { type: 'failed', status: 503, code: 'upstream_overloaded', message: 'too busy' } as const;
  await expect(streamed([...answer([text('Hel')]).slice(0, -2), failed])).rejects.toThrow();
  const raised = await streamed([failed]).catch((error: unknown) => error);
  expect(raised).toBeInstanceOf(ApiError);
  expect(raised).toMatchObject({ status: 503 });
});

test('an error is raised with its status and code', async () => {
  const failed = { type: 'failed', status: 429, code: 'rate_limited', message: 'slow down' } as const;
  const raised = await whole([failed], 429).catch((error: unknown) => error);
  expect(raised).toMatchObject({ status: 429 });
  expect(String(raised)).toContain('RESOURCE_EXHAUSTED');
});

test('without alt=sse a stream is one JSON array, whole or failed', () => {
  const failed = { type: 'failed', status: 500, code: 'x', message: 'broken' } as const;
  for (const events of [answer([text('a', 'b')]), [...answer([text('a')]).slice(0, -1), failed], [failed]]) {
    const writer = geminiTranslator.openWriter({ ...toldOf(), isArrayStream: true });
    const elements: unknown = JSON.parse(events.map((event) => writer.write(event)).join(''));
    const sse = written(events);
    expect(elements).toEqual([...sse.matchAll(/^(?:data: )?(\{.*)\r$/gm)].map(([, data]) => JSON.parse(data ?? '')));
  }
});

test('a count', async () => {
  const body = JSON.stringify(geminiTranslator.counting?.writeCount(42));
  const counted = await serving({ contentType: 'application/json', body }, async (url) => {
    return await client(url).models.countTokens(PARAMS);
  });
  expect(counted.totalTokens).toBe(42);
});

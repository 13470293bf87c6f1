import fc from 'fast-check';
import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { describe, expect, test } from 'vitest';
import { type AnswerEvent, foldAnswer, type WholeAnswer } from './form/index.ts';
import { translators } from './index.ts';
import { answers } from './testing/answers.ts';
import { overTheWire } from './testing/canonical.ts';
import { writeStream } from './testing/replay.ts';
import { BARE_TOLD } from './testing/told.ts';

const { chat, responses } = translators;
const USER = [{ role: 'user' as const, content: 'hi' }];

type Library = (options: ConstructorParameters<typeof OpenAI>[0]) => OpenAI;
const LIBRARIES: readonly { readonly version: string; readonly open: Library; readonly addsUpCustom: boolean }[] = [
  { version: '7', addsUpCustom: true, open: (options) => new OpenAI(options) },
  // What is asked of the older one is the same there.
  {
    version: '6',
    // Its stream of chunks takes every call for one of a function.
    addsUpCustom: false,
    open: (options) => new OpenAI6(options as ConstructorParameters<typeof OpenAI6>[0]) as unknown as OpenAI,
  },
];

function ofKind(answer: WholeAnswer, kind: string): readonly string[] {
  return answer.blocks.flatMap(({ content, text }) => (content.kind === kind ? [text] : []));
}

function callsOf({ blocks }: WholeAnswer) {
  return blocks.flatMap(({ content, text }) =>
    content.kind === 'tool-call' ? [{ id: content.callId, name: content.name, input: text }] : [],
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

describe.each(LIBRARIES)("OpenAI's library $version reads what is written:", ({ open, addsUpCustom }) => {
  /** A client that gets the given body for an answer. */
  const clientOf = (body: string, contentType = 'text/event-stream') => {
    const fetch = () => Promise.resolve(new Response(body, { headers: { 'content-type': contentType } }));
    return open({ apiKey: 'none', baseURL: 'http://localhost/v1', maxRetries: 0, fetch });
  };

  test('streams of chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        answers().filter((events) => addsUpCustom || !hasCustom(events)),
        async (events) => {
          const client = clientOf(writeStream(chat, events, BARE_TOLD));
          const stream = client.chat.completions.stream({
            model: 'm',
            messages: USER,
            stream_options: { include_usage: true },
          });
          await expectChat(() => stream.finalChatCompletion(), events);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('whole completions', async () => {
    await fc.assert(
      fc.asyncProperty(answers().filter(endsWell), async (events) => {
        const client = clientOf(JSON.stringify(chat.writeAnswer(events, BARE_TOLD)), 'application/json');
        await expectChat(() => client.chat.completions.create({ model: 'm', messages: USER }), events);
      }),
      { numRuns: 60 },
    );
  });

  test('streams of responses', async () => {
    await fc.assert(
      fc.asyncProperty(answers(), async (events) => {
        const client = clientOf(writeStream(responses, events, BARE_TOLD));
        const types: string[] = [];
        const stream = client.responses.stream({ model: 'm', input: 'hi' }).on('event', ({ type }) => types.push(type));
        await expectResponse(() => stream.finalResponse(), events);
        expect(types.slice(0, 2)).toEqual(['response.created', 'response.in_progress']);
      }),
      { numRuns: 60 },
    );
  });

  test('whole responses', async () => {
    await fc.assert(
      fc.asyncProperty(answers().filter(endsWell), async (events) => {
        const client = clientOf(JSON.stringify(responses.writeAnswer(events, BARE_TOLD)), 'application/json');
        await expectResponse(() => client.responses.create({ model: 'm', input: 'hi' }), events);
      }),
      { numRuns: 60 },
    );
  });
});

function endsWell(events: readonly AnswerEvent[]): boolean {
  return events.at(-1)?.type === 'end';
}

function hasCustom(events: readonly AnswerEvent[]): boolean {
  return events.some(
    (event) => event.type === 'block-start' && event.content.kind === 'tool-call' && event.content.isCustom,
  );
}

async function expectChat(
  ask: () => Promise<OpenAI.Chat.ChatCompletion>,
  events: readonly AnswerEvent[],
): Promise<void> {
  const answer = foldAnswer(events);
  if (answer.ending?.type !== 'end') {
    expect(messageOf(await ask().catch((error: unknown) => error))).toContain(answer.ending?.message);
    return;
  }
  const { choices, usage } = await ask();
  const message = choices[0]?.message;
  expect(message?.content ?? '').toBe(ofKind(answer, 'text').join(''));
  expect(message?.refusal ?? '').toBe(ofKind(answer, 'refusal').join(''));
  const calls = (message?.tool_calls ?? []).map((call) =>
    call.type === 'function'
      ? { id: call.id, name: call.function.name, input: call.function.arguments }
      : { id: call.id, name: call.custom.name, input: call.custom.input },
  );
  expect(overTheWire(calls)).toEqual(overTheWire(callsOf(answer)));
  expect(usage?.prompt_tokens ?? null).toBe(answer.ending.usage?.input ?? null);
}

async function expectResponse(
  ask: () => Promise<OpenAI.Responses.Response>,
  events: readonly AnswerEvent[],
): Promise<void> {
  const answer = foldAnswer(events);
  if (answer.ending?.type !== 'end') {
    expect(messageOf(await ask().catch((error: unknown) => error))).toContain(answer.ending?.message);
    return;
  }
  const { output, output_text, usage } = await ask();
  expect(output_text).toBe(ofKind(answer, 'text').join(''));
  const calls = output.flatMap((item) => {
    if (item.type === 'function_call') return [{ id: item.call_id, name: item.name, input: item.arguments }];
    return item.type === 'custom_tool_call' ? [{ id: item.call_id, name: item.name, input: item.input }] : [];
  });
  expect(calls).toEqual(callsOf(answer));
  expect(usage?.input_tokens ?? null).toBe(answer.ending.usage?.input ?? null);
}

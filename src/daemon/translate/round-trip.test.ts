import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunked, chunkSizes } from '../wire/testing/sse-streams.ts';
import { foldAnswer, type Prompt } from './form/index.ts';
import { answers } from './testing/answers.ts';
import { canonical, overTheWire } from './testing/canonical.ts';
import { joinTurns } from './testing/normal-form.ts';
import { prompts } from './testing/prompts.ts';
import { expectOrder, readStream, writeStream } from './testing/replay.ts';
import { BARE_TOLD as TOLD } from './testing/told.ts';
import { WIRES_UNDER_TEST } from './testing/wires.ts';

const FACTS = { model: 'from-the-path', stream: false };

const PAIRS = WIRES_UNDER_TEST.flatMap((client) =>
  WIRES_UNDER_TEST.filter((wire) => wire !== client).map((upstream) => ({ client, upstream })),
);

test.each(PAIRS)('from $client.translator.wire to $upstream.translator.wire a request means the same', (pair) => {
  const { client } = pair;
  const upstream = { ...pair.upstream, ...pair.upstream.fromOthers };
  const lacks = new Set([...client.lacks, ...(client.fromOthers?.lacks ?? []), ...upstream.lacks]);
  const within = (prompt: Prompt) =>
    upstream.within?.(client.within?.(prompt) ?? prompt) ?? client.within?.(prompt) ?? prompt;
  const asked = { fieldNames: client.translator.fieldNames, from: client.translator.wire };
  fc.assert(
    fc.property(prompts(lacks).map(within), (prompt) => {
      const facts = { model: prompt.model, stream: prompt.stream };
      const sent = overTheWire(client.translator.writeRequest(prompt, asked).body);
      const read = client.translator.readRequest(sent, facts);
      const passed = overTheWire(upstream.translator.writeRequest(read, asked).body);
      const arrived = upstream.translator.readRequest(passed, facts);
      const expected = upstream.normalPrompt(client.normalPrompt(prompt));
      expect(canonical({ ...arrived, turns: joinTurns(arrived.turns) })).toBe(canonical(expected));
    }),
    { numRuns: 150 },
  );
});

describe.each(WIRES_UNDER_TEST)('$translator.wire', (wire) => {
  const { translator } = wire;
  const asked = { fieldNames: translator.fieldNames, from: translator.wire };

  test('a request that is written and read again means the same', () => {
    fc.assert(
      fc.property(prompts(wire.lacks).map(wire.within ?? ((prompt) => prompt)), (prompt) => {
        const body = overTheWire(translator.writeRequest(prompt, asked).body);
        const read = translator.readRequest(body, { ...FACTS, model: prompt.model, stream: prompt.stream });
        expect(canonical({ ...read, turns: joinTurns(read.turns) })).toBe(canonical(wire.normalPrompt(prompt)));
      }),
      { numRuns: 150 },
    );
  });

  test('an answer that is streamed and read again means the same', () => {
    fc.assert(
      fc.property(answers(), (events) => {
        const read = readStream(translator.openReader(), [Buffer.from(writeStream(translator, events, TOLD))]);
        expectOrder(read);
        const expected = wire.expectedAnswer(foldAnswer(events), TOLD);
        expect(canonical(wire.seenAnswer(foldAnswer(read)))).toBe(canonical(expected));
      }),
      { numRuns: 150 },
    );
  });

  test('a whole answer is what its stream adds up to', () => {
    fc.assert(
      fc.property(answers(), (events) => {
        const read = translator.readAnswer(overTheWire(translator.writeAnswer(events, TOLD))) ?? [];
        expectOrder(read);
        const answer = foldAnswer(events);
        const expected = wire.expectedAnswer(answer, TOLD);
        const seen = wire.seenAnswer(foldAnswer(read));
        if (answer.ending?.type === 'failed') expect(canonical(seen['ending'])).toBe(canonical(answer.ending));
        else expect(canonical(seen)).toBe(canonical(expected));
      }),
      { numRuns: 150 },
    );
  });

  test('a stream gives the same events however it is cut', () => {
    fc.assert(
      fc.property(answers(), chunkSizes(), (events, sizes) => {
        const bytes = Buffer.from(writeStream(translator, events, TOLD));
        const whole = readStream(translator.openReader(), [bytes]);
        expect(readStream(translator.openReader(), chunked(bytes, sizes))).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });
});

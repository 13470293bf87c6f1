import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type AnswerEvent, type Prompt, type Translator, Untranslatable, WIRES, type Wire } from '../form/index.ts';
import { translators } from '../index.ts';
import { readStream, writeStream } from '../testing/replay.ts';
import { promptOf, toldOf } from '../testing/said-answer.ts';

const FACTS = { model: 'model-x', stream: false };

/**
 * What clients and servers of one wire alone say. `requests/<client's wire>/<name>.json` is the body of a request; its golden holds what each upstream would be sent, or
 * what the client would be told. `answers/<upstream's wire>/<name>.sse` is a stream; its golden holds what was read of it
 * and what each client would get. UPDATE_GOLDENS=1 writes them anew.
 */
describe.each(filesOf('requests', '.json'))('requests/$wire/$name', ({ wire, path }) => {
  test('is written for every upstream', () => {
    const translator = translators[wire];
    const body: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const written = WIRES.map((upstream) => [upstream, outcomeOf(translator, body, upstream)] as const);
    expectGolden(path, Object.fromEntries(written));
  });
});

describe.each(filesOf('answers', '.sse'))('answers/$wire/$name', ({ wire, path }) => {
  test('is written for every client', () => {
    const tools = [{ kind: 'custom', name: 'apply_patch', description: null, grammar: null }] as const;
    const prompt = promptOf({ model: 'model-x', stream: true, wantsStreamUsage: true, tools });
    const events = readStream(translators[wire].openReader(prompt), [readFileSync(path)]);
    const written = WIRES.map((client) => [client, answerFor(translators[client], events, prompt)] as const);
    expectGolden(path, { events, ...Object.fromEntries(written) });
  });
});

function outcomeOf(translator: Translator, body: unknown, upstream: Wire): unknown {
  try {
    const prompt = translator.readRequest(body, FACTS);
    return translators[upstream].writeRequest(prompt, { fieldNames: translator.fieldNames, from: translator.wire });
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error;
    return { refused: { field: error.field, message: error.message } };
  }
}

function answerFor(translator: Translator, events: readonly AnswerEvent[], prompt: Prompt): unknown {
  const told = toldOf(prompt);
  return {
    whole: translator.writeAnswer(events, told),
    stream: writeStream(translator, events, told).split('\n'),
  };
}

function filesOf(kind: 'requests' | 'answers', ending: '.json' | '.sse') {
  const folder = join(import.meta.dirname, kind);
  return WIRES.filter((wire) => readdirSync(folder).includes(wire)).flatMap((wire) =>
    readdirSync(join(folder, wire))
      .filter((file) => file.endsWith(ending) && !file.endsWith('.golden.json'))
      .map((file) => ({ wire, name: file.slice(0, -ending.length), path: join(folder, wire, file) })),
  );
}

function expectGolden(path: string, value: unknown): void {
  const file = path.replace(/\.(?:json|sse)$/, '.golden.json');
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (process.env['UPDATE_GOLDENS']) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SseEvent, SseSplitter } from '../wire/index.ts';
import { type AnswerEvent, type EventReader, Untranslatable } from './form/index.ts';
import { mutate, mutations } from './testing/mutations.ts';
import { expectOrder } from './testing/replay.ts';
import { BARE_TOLD } from './testing/told.ts';
import { WIRES_UNDER_TEST } from './testing/wires.ts';

const FOLDER = join(import.meta.dirname, 'goldens');
const FACTS = { model: 'm', stream: true };

describe.each(WIRES_UNDER_TEST)('$translator.wire, of hostile input', ({ translator }) => {
  const requests = inputs(`${translator.wire}.request.json`).map((text): unknown => JSON.parse(text));
  const streams = inputs(`${translator.wire}.stream.txt`).map(eventsOf);
  const asked = { fieldNames: translator.fieldNames, from: translator.wire };

  test('reads a request or refuses it with the place at fault', () => {
    fc.assert(
      fc.property(fc.constantFrom(...requests), mutations(), (request, all) => {
        const prompt = attempt(() => translator.readRequest(all.reduce(mutate, request), FACTS));
        if (!prompt) return;
        for (const { translator: upstream } of WIRES_UNDER_TEST) {
          const sent = attempt(() => upstream.writeRequest(prompt, asked));
          if (sent) JSON.stringify(sent.body);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('reads any stream to one end, and every wire can write it', () => {
    const change = fc.record({ at: fc.nat(40), all: mutations(), repeat: fc.boolean(), drop: fc.boolean() });
    fc.assert(
      fc.property(fc.constantFrom(...streams), fc.array(change, { maxLength: 3 }), (stream, changes) => {
        const changed = changes.reduce(applyChange, stream);
        const events = readAll(translator.openReader(), changed);
        expectOrder(events);
        for (const { translator: client } of WIRES_UNDER_TEST) {
          const writer = client.openWriter(BARE_TOLD);
          for (const event of events) writer.write(event);
          client.writeAnswer(events, BARE_TOLD);
        }
      }),
      { numRuns: 600 },
    );
  });

  test('a stream that breaks off has failed', () => {
    for (const stream of streams) {
      for (let length = 0; length < stream.length - 3; length++) {
        const events = readAll(translator.openReader(), stream.slice(0, length));
        expectOrder(events);
        expect(events.at(-1)?.type).toBe('failed');
      }
    }
  });

  test('reads a whole answer that is none as none, or to one end', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const events = translator.readAnswer(body);
        if (events) expectOrder(events);
      }),
    );
  });
});

interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

interface Change {
  readonly at: number;
  readonly all: readonly Parameters<typeof mutate>[1][];
  readonly repeat: boolean;
  readonly drop: boolean;
}

function inputs(name: string): string[] {
  return readdirSync(FOLDER).flatMap((folder) => {
    const has = readdirSync(join(FOLDER, folder)).includes(name);
    return has ? [readFileSync(join(FOLDER, folder, name), 'utf8')] : [];
  });
}

function eventsOf(stream: string): readonly StreamEvent[] {
  const events: StreamEvent[] = [];
  const onEvent = (event: SseEvent) => events.push({ name: event.eventName(), data: event.data().toString('utf8') });
  new SseSplitter({ onEvent }).push(Buffer.from(stream));
  return events;
}

function applyChange(stream: readonly StreamEvent[], { at, all, repeat, drop }: Change): readonly StreamEvent[] {
  return stream.flatMap((event, index) => {
    if (index !== at % stream.length || event.data === '[DONE]') return [event];
    if (drop) return [];
    const changed = { ...event, data: JSON.stringify(all.reduce(mutate, JSON.parse(event.data))) };
    return repeat ? [event, changed] : [changed];
  });
}

function readAll(reader: EventReader, stream: readonly StreamEvent[]): readonly AnswerEvent[] {
  const events = stream.flatMap(({ name, data }) => reader.read(name, data));
  return [...events, ...reader.finish()];
}

/** What was refused by name is null; anything else that is thrown is a defect. */
function attempt<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error;
    expect(error.field).not.toBe('');
    expect(error.message).toContain(error.field);
    return null;
  }
}

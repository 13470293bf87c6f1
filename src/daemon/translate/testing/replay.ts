import { expect } from 'vitest';
import { type SseEvent, SseSplitter } from '../../wire/index.ts';
import { type AnswerEvent, type EventReader, eventText, type Told, type Translator } from '../form/index.ts';

/** The stream that a client of the wire gets. */
export function writeStream(translator: Translator, events: readonly AnswerEvent[], told: Told): string {
  const writer = translator.openWriter(told);
  return events.map((event) => writer.write(event)).join('');
}

/** Reads a stream that comes in the given pieces. */
export function readStream(reader: EventReader, chunks: readonly Buffer[]): readonly AnswerEvent[] {
  const events: AnswerEvent[] = [];
  const take = (event: SseEvent) => events.push(...reader.read(event.eventName(), eventText(event)));
  const splitter = new SseSplitter({ onEvent: take });
  for (const chunk of chunks) splitter.push(chunk);
  const last = splitter.finish();
  if (last) take(last);
  events.push(...reader.finish());
  return events;
}

/** The order that the form promises to writers. */
export function expectOrder(events: readonly AnswerEvent[]): void {
  const open = new Set<number>();
  let next = 0;
  const last = events.at(-1);
  expect(last?.type === 'end' || last?.type === 'failed', 'the last event is the end').toBe(true);
  for (const [index, event] of events.entries()) {
    if (event.type === 'end' || event.type === 'failed') expect(index).toBe(events.length - 1);
    else if (event.type === 'start') expect(index).toBe(0);
    else if (event.type === 'block-start') {
      expect(index, 'blocks come after the start').toBeGreaterThan(0);
      expect(event.block).toBe(next++);
      open.add(event.block);
    } else {
      expect(open, `block ${event.block} is open for its ${event.type}`).toContain(event.block);
      if (event.type === 'block-end') open.delete(event.block);
    }
  }
  if (last?.type === 'end') expect([...open]).toEqual([]);
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEvent, type SseEvent } from './sse-event.ts';
import { SseSplitter } from './sse-splitter.ts';
import { chunked, chunkSizes, parsePlainly, sseStream } from './testing/sse-streams.ts';

function split(chunks: readonly Buffer[], eventMaxBytes?: number): SseEvent[] {
  const events: SseEvent[] = [];
  const onEvent = (event: SseEvent) => events.push(event);
  const splitter = new SseSplitter({ onEvent, ...(eventMaxBytes === undefined ? {} : { eventMaxBytes }) });
  for (const chunk of chunks) splitter.push(chunk);
  const last = splitter.finish();
  return last ? [...events, last] : events;
}

function plain(event: SseEvent) {
  const name = Buffer.from(event.eventName()).toString('latin1');
  return { raw: event.raw.toString('latin1'), name, data: event.data().toString('latin1') };
}

describe('SseSplitter', () => {
  it('gives the events of the standard, however the stream is cut', () => {
    fc.assert(
      fc.property(sseStream(), chunkSizes(), (stream, cuts) => {
        const expected = parsePlainly(stream);
        expect(split(chunked(stream, cuts)).map(plain)).toEqual(expected);
        expect(split(chunked(stream, [1])).map(plain)).toEqual(expected);
        expect(split([stream]).map(plain)).toEqual(expected);
      }),
      { numRuns: 800 },
    );
  });

  it('gives views of the chunk for whole events', () => {
    const chunk = Buffer.from('data: 1\n\nevent: x\ndata: 2\n\n');
    const events = split([chunk]);
    expect(events.map((event) => event.raw.buffer === chunk.buffer && event.data().buffer === chunk.buffer)).toEqual([
      true,
      true,
    ]);
    expect(split([Buffer.from('data: 1\n\n')])).toHaveLength(1);
  });

  it('joins an event of 2 MB that comes byte by byte', () => {
    const data = 'x'.repeat(2 * 1024 * 1024);
    const stream = Buffer.from(`data: ${data}\r\n\r\n`);
    const events: SseEvent[] = [];
    const splitter = new SseSplitter({ onEvent: (event) => events.push(event) });
    for (let at = 0; at < stream.length; at++) splitter.push(stream.subarray(at, at + 1));
    const [event] = events;
    expect(event?.data().toString() === data).toBe(true);
  }, 60_000);

  it.each([1, 4, 100])('refuses an event beyond its limit, in chunks of %i', (size) => {
    const within = Buffer.from('data: 4567\n\n'.repeat(3));
    const beyond = Buffer.from('data: 45678\n\n');
    expect(split(chunked(within, [size]), 12)).toHaveLength(3);
    expect(() => split(chunked(beyond, [size]), 12)).toThrow(expect.objectContaining({ code: 'too_large' }));
  });

  it('waits after a bare CR for the LF that may come', () => {
    const seen: string[] = [];
    const splitter = new SseSplitter({ onEvent: (event) => seen.push(event.raw.toString()) });
    splitter.push(Buffer.from('data: 1\r\n\r'));
    expect(seen).toEqual([]);
    splitter.push(Buffer.from('\n'));
    expect(seen).toEqual(['data: 1\r\n\r\n']);
    splitter.push(Buffer.from('data: 2\r\r'));
    expect(splitter.finish()?.data().toString()).toBe('2');
  });
});

describe('encodeEvent', () => {
  it('writes what the splitter reads', () => {
    const name = fc.option(
      fc.string({ minLength: 1 }).map((text) => text.replace(/[\r\n ]/g, '')),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        name,
        fc.string({ unit: 'grapheme' }).chain((text) => fc.constantFrom(text, `${text}\r\n\n\r${text}`)),
        (event, data) => {
          const [read] = split([encodeEvent(event, data)]);
          expect(read?.eventName()).toBe(event ?? '');
          expect(read?.data().toString()).toBe(data.replace(/\r\n|\r/g, '\n'));
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HeadVerdict, SseTail, type SseTailOptions } from './sse-tail.ts';
import { chunked, chunkSizes, parsePlainly, sseStream } from './testing/sse-streams.ts';

const USAGE = Buffer.from('"usage"');

function watch(chunks: readonly Buffer[], options: Omit<SseTailOptions, 'onEvent'>) {
  const events: { raw: string; data: string }[] = [];
  const tail = new SseTail({
    ...options,
    onEvent: (event) => events.push({ raw: event.raw.toString('latin1'), data: event.data().toString('latin1') }),
  });
  for (const chunk of chunks) {
    tail.observe(chunk);
    chunk.fill(0x78); // nothing may be read from a chunk later
  }
  tail.finish();
  return { events, outgrown: tail.outgrown };
}

function judge(head: Buffer): HeadVerdict {
  if (head.includes('skip') || head.includes('id:')) return 'skip';
  return head.includes('event') ? 'deliver' : 'unsure';
}

describe('SseTail', () => {
  it('delivers the same events however the stream is cut', () => {
    fc.assert(
      fc.property(
        sseStream(),
        chunkSizes(),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        (stream, sizes, headBytes, judges) => {
          const verdict = (raw: string) =>
            judges ? judge(Buffer.from(raw, 'latin1').subarray(0, headBytes)) : 'unsure';
          const events = parsePlainly(stream)
            .filter(({ raw }) => verdict(raw) === 'deliver' || (verdict(raw) === 'unsure' && raw.includes('"usage"')))
            .map(({ raw, data }) => ({ raw, data }));
          const options = { markers: [Buffer.from('"xyzzy"'), USAGE], headBytes, ...(judges ? { judge } : {}) };
          for (const chunks of [chunked(stream, sizes), chunked(stream, [1]), [Buffer.from(stream)]]) {
            expect(watch(chunks, options)).toEqual({ events, outgrown: 0 });
          }
        },
      ),
      { numRuns: 800 },
    );
  });

  it('sees a marker that is cut in two, behind megabytes that were not judged yet', () => {
    const stream = Buffer.from(
      `data: {"text":"${'x'.repeat(3_000_000)}","usage":{"total_tokens":1}}\n\ndata: [DONE]\n\n`,
    );
    const at = stream.indexOf(USAGE) + 3;
    const { events } = watch([Buffer.from(stream.subarray(0, at)), Buffer.from(stream.subarray(at))], {
      markers: [USAGE],
    });
    expect(events.map(({ data }) => data.length)).toEqual([3_000_038]);
  });

  it('finds a type in the data when there is no event name', () => {
    const markers = ['response.completed', 'response.incomplete', 'response.failed'].map((type) => Buffer.from(type));
    const stream = Buffer.from(
      'data: {"sequence_number":6,"type":"response.output_text.delta"}\n\n' +
        'data: {"sequence_number":7,"type":"response.completed","response":{}}\n\n',
    );
    expect(watch(chunked(stream, [5]), { markers }).events).toHaveLength(1);
  });

  it('holds nothing of a skipped event, and lets an outgrown one go without harm to the stream', () => {
    const big = `${'x'.repeat(5_000)}\n\n`;
    const stream = Buffer.from(`data: skip ${big}data: ${big}data: "usage"\n\n`);
    const options = { markers: [USAGE], judge, headBytes: 20, eventMaxBytes: 1_000 };
    for (const size of [1, 600, 100_000]) {
      const { events, outgrown } = watch(chunked(stream, [size]), options);
      expect(events.map(({ data }) => data)).toEqual(['"usage"']);
      expect(outgrown).toBe(1);
    }
  });
});

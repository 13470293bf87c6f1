import { chatRequest, responsesRequest } from '../chat-text.ts';
import type { Row } from '../row.ts';

const STREAMS = 50;
const CHUNKS_PER_SECOND = 50;
const OPENING_MS = 500;

/** The client asks for usage itself: the stream passes as it is. */
export const sseChunk = row('sse-chunk', 'client asks for usage', true);

/** The client does not: Realms asks for it in the request and takes it out of the answer. */
export const sseChunkInjected = row('sse-chunk-injected', 'usage injected and stripped', false);

/** The client speaks Responses and the upstream Chat: each chunk is read and written anew, with the events around it. */
export const sseTranslated: Row = {
  name: 'sse-translated',
  title: `Translated stream: ${STREAMS} streams × ${CHUNKS_PER_SECOND} chunks a second, chat upstream, Responses client`,
  metrics: [
    { name: 'CPU per event', unit: 'µs' },
    { name: 'events', unit: '/s' },
  ],
  targets: ['pass-through', 'realms'],
  async measure(target, { load, warmUpMs, windowMs }) {
    const everyMs = 1_000 / CHUNKS_PER_SECOND;
    const chunks = Math.ceil((OPENING_MS + warmUpMs + windowMs + 1_000) / everyMs);
    const isTranslated = target.name === 'realms';
    const request = isTranslated
      ? responsesRequest({ chunks, everyMs })
      : chatRequest({ chunks, everyMs, isUsageAsked: true });
    const seen = await load({
      kind: 'streams',
      aim: target.aim,
      body: request.toString('base64'),
      streams: STREAMS,
      openingMs: OPENING_MS,
      warmUpMs,
      windowMs,
      wire: isTranslated ? 'responses' : 'chat',
    });
    return { 'CPU per event': seen.cpuMicros / seen.count, events: seen.count / (seen.windowMicros / 1e6) };
  },
};

function row(name: string, what: string, isUsageAsked: boolean): Row {
  const CPU = 'CPU per chunk';
  return {
    name,
    title: `SSE chunk: ${STREAMS} streams × ${CHUNKS_PER_SECOND} chunks a second, ${what}`,
    metrics: [
      { name: CPU, unit: 'µs', target: { ratioMax: 1.3 } },
      { name: 'added latency p50', unit: 'µs' },
      { name: 'added latency p99', unit: 'µs' },
      { name: 'chunks', unit: '/s' },
    ],
    targets: ['direct', 'pass-through', 'nginx', 'realms'],
    async measure(target, { load, warmUpMs, windowMs }) {
      const lastsMs = OPENING_MS + warmUpMs + windowMs + 1_000;
      const everyMs = 1_000 / CHUNKS_PER_SECOND;
      const body = chatRequest({ chunks: Math.ceil(lastsMs / everyMs), everyMs, isUsageAsked }).toString('base64');
      const times = { openingMs: OPENING_MS, warmUpMs, windowMs };
      const seen = await load({ kind: 'streams', aim: target.aim, body, streams: STREAMS, ...times });
      return {
        ...(target.aim.pid === null ? {} : { [CPU]: seen.cpuMicros / seen.count }),
        'added latency p50': seen.latencyMicros?.p50 ?? Number.NaN,
        'added latency p99': seen.latencyMicros?.p99 ?? Number.NaN,
        chunks: seen.count / (seen.windowMicros / 1e6),
      };
    },
  };
}

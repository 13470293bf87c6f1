import { type Answer, type SseEvent, sseAnswer, sseFrame, type UpstreamError } from './answer.ts';
import type { CompletionChanges } from './completion.ts';
import type { Behaviour } from './exchange.ts';
import { answerNormally } from './normal.ts';

const MEGABYTE = 1_000_000;

/** Answers with status 200 whose content is wrong. */
export const contentFaults = {
  /** A failure inside an accepted stream: `response.failed`, or for chat an error chunk. By default before any output. */
  failInStream(error: UpstreamError, afterWords = 0, changes: CompletionChanges = {}): Behaviour {
    return answerNormally({ ...changes, failure: { ...error, afterWords, as: 'failed' } });
  },

  /** The `error` event instead of a terminal response event; for chat the same error chunk as failInStream. */
  errorInStream(error: UpstreamError, afterWords = 0, changes: CompletionChanges = {}): Behaviour {
    return answerNormally({ ...changes, failure: { ...error, afterWords, as: 'error' } });
  },

  malformedJson(): Behaviour {
    return () => raw('application/json', '{"id":"chatcmpl-fake","object":"chat.completion","choices":[{"ind');
  },

  /** Good events, then one whose data is no JSON, then the rest. */
  malformedSse(afterEvents = 1, inner: Behaviour = answerNormally()): Behaviour {
    return inserting(afterEvents, [Buffer.from('data: {"choices":[{"delta":{"content":\n\n')], inner);
  },

  /** One event of so many megabytes among the others. */
  hugeEvent(megabytes: number, afterEvents = 1, inner: Behaviour = answerNormally()): Behaviour {
    const data = { type: 'response.fake_padding', padding: 'x'.repeat(Math.round(megabytes * MEGABYTE)) };
    return inserting(afterEvents, [sseFrame({ event: data.type, data })], inner);
  },

  /** Events of kinds that nobody knows, such as codex.rate_limits, among the others. */
  extraEvents(events: readonly SseEvent[], afterEvents = 1, inner: Behaviour = answerNormally()): Behaviour {
    return inserting(afterEvents, events.map(sseFrame), inner);
  },

  /** A stream of exactly these events. */
  events(events: readonly SseEvent[]): Behaviour {
    return () => sseAnswer(events, events.length);
  },

  /** Any body with status 200. */
  body(contentType: string, body: string | Buffer): Behaviour {
    return () => raw(contentType, body);
  },
};

function raw(contentType: string, body: string | Buffer): Answer {
  return { status: 200, headers: { 'content-type': contentType }, parts: [Buffer.from(body)] };
}

function inserting(at: number, frames: readonly Buffer[], inner: Behaviour): Behaviour {
  return (exchange) => {
    const answer = inner(exchange);
    const parts = [...answer.parts.slice(0, at), ...frames, ...answer.parts.slice(at)];
    const end = answer.terminalAt;
    return end === undefined
      ? { ...answer, parts }
      : { ...answer, parts, terminalAt: end + (at <= end ? frames.length : 0) };
  };
}

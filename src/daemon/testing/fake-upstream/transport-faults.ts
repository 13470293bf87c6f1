import { gzipSync } from 'node:zlib';
import type { Answer, Delivery, Stop } from './answer.ts';
import type { Behaviour } from './exchange.ts';
import { answerNormally } from './normal.ts';

/** After so many events, so many bytes of the body, or before the status line. */
export type BreakPoint = { readonly events: number } | { readonly bytes: number } | 'nothing';

/** Each bends how an answer travels; without a second argument it is the normal one. They nest. */
export const transportFaults = {
  slowHeaders(delayMs: number, inner?: Behaviour): Behaviour {
    return travelling({ headersAfterMs: delayMs }, inner);
  },

  /** Waits between events. */
  slowChunks(delayMs: number, inner?: Behaviour): Behaviour {
    return travelling({ betweenPartsMs: delayMs }, inner);
  },

  /** Says nothing more and keeps the connection open until the other side or `close()` ends it. */
  stall(after: BreakPoint, inner?: Behaviour): Behaviour {
    return stopping('stall', after, inner);
  },

  /** Destroys the socket. */
  cut(after: BreakPoint, inner?: Behaviour): Behaviour {
    return stopping('cut', after, inner);
  },

  /** Resets the connection instead of answering. */
  reset(): Behaviour {
    return stopping('reset', 'nothing');
  },

  /** Ends the body in good order, but too early. */
  endAfter(after: Exclude<BreakPoint, 'nothing'>, inner?: Behaviour): Behaviour {
    return stopping('end', after, inner);
  },

  /** Everything but the event that says the stream is over (chat: the finish chunk and what follows it). */
  endWithoutTerminal(inner: Behaviour = answerNormally()): Behaviour {
    return (exchange) => {
      const answer = inner(exchange);
      return { ...answer, parts: answer.parts.slice(0, answer.terminalAt) };
    };
  },

  /** Network writes of `size` bytes, 1 by default, whatever the events are. */
  byteByByte(inner?: Behaviour, size = 1): Behaviour {
    return travelling({ writeBytes: size }, inner);
  },

  /** Says this content-length whatever the body is. */
  contentLength(declared: number, inner?: Behaviour): Behaviour {
    return travelling({ declaredLength: declared }, inner);
  },

  crlf(inner?: Behaviour): Behaviour {
    return rewriting((part) => Buffer.from(part.toString('utf8').replaceAll('\n', '\r\n')), inner);
  },

  /** `data:{…}` without the space that most writers put. */
  tightData(inner?: Behaviour): Behaviour {
    return rewriting((part) => Buffer.from(part.toString('utf8').replaceAll('data: ', 'data:')), inner);
  },

  /** A comment before every event. */
  comments(inner?: Behaviour): Behaviour {
    return rewriting((part) => Buffer.concat([Buffer.from(': ping\n\n'), part]), inner);
  },

  /** Compressed, though nobody asked for it. */
  gzip(inner: Behaviour = answerNormally()): Behaviour {
    return (exchange) => {
      const answer = inner(exchange);
      const parts = [gzipSync(Buffer.concat(answer.parts))];
      return { ...answer, parts, headers: { ...answer.headers, 'content-encoding': 'gzip' } };
    };
  },

  /** More response headers, or others. */
  headers(headers: Readonly<Record<string, string>>, inner: Behaviour = answerNormally()): Behaviour {
    return (exchange) => {
      const answer = inner(exchange);
      return { ...answer, headers: { ...answer.headers, ...headers } };
    };
  },
};

function travelling(delivery: Delivery, inner: Behaviour = answerNormally()): Behaviour {
  return (exchange) => {
    const answer = inner(exchange);
    return { ...answer, delivery: { ...answer.delivery, ...delivery } };
  };
}

function stopping(how: Stop['how'], after: BreakPoint, inner?: Behaviour): Behaviour {
  const place = typeof after === 'object' && 'events' in after ? { parts: after.events } : after;
  return travelling({ stop: { after: place, how } }, inner);
}

function rewriting(rewrite: (part: Buffer) => Buffer, inner: Behaviour = answerNormally()): Behaviour {
  return (exchange): Answer => {
    const answer = inner(exchange);
    return { ...answer, parts: answer.parts.map(rewrite) };
  };
}

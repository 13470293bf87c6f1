import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { contentFaults } from './fake-upstream/content-faults.ts';
import { deliver } from './fake-upstream/deliver.ts';
import type { Behaviour } from './fake-upstream/exchange.ts';
import { answerNormally } from './fake-upstream/normal.ts';
import { anthropicRefusals, geminiRefusals } from './fake-upstream/provider-refusals.ts';
import { OpenRequest, type RecordedRequest } from './fake-upstream/recorded-request.ts';
import { refusals } from './fake-upstream/refusals.ts';
import { type Match, Rules, type Script } from './fake-upstream/rules.ts';
import { StoredResponses } from './fake-upstream/stored-responses.ts';
import { transportFaults } from './fake-upstream/transport-faults.ts';

export type { SseEvent, UpstreamError } from './fake-upstream/answer.ts';
export type { CompletionChanges, TokenCounts } from './fake-upstream/completion.ts';
export type { Behaviour } from './fake-upstream/exchange.ts';
export type { RecordedRequest } from './fake-upstream/recorded-request.ts';
export type { Match, Script } from './fake-upstream/rules.ts';

const KEEP_ALIVE_MS = 120_000;

/** Everything that can go wrong; what bends a normal answer takes the answer as its last argument. */
export const fault = {
  ...refusals,
  ...transportFaults,
  ...contentFaults,
  anthropic: anthropicRefusals,
  gemini: geminiRefusals,
};
/** A healthy answer on every path: `reply({ text, usage: { input: 100 } })`. */
export const reply = answerNormally;

export interface FakeUpstream {
  /** `http://127.0.0.1:<port>`; paths answer with and without `/v1`. */
  readonly url: string;
  /** In the order in which their headers came. */
  readonly requests: readonly RecordedRequest[];
  /** From now on, for every request that matches; the newest matching rule wins. */
  when(match: Match, behaviour: Behaviour): void;
  /** For the next matching requests, one behaviour each; before any `when`. */
  once(match: Match, ...behaviours: readonly Behaviour[]): void;
  /** For the next requests, whatever they are. */
  queue(...behaviours: readonly Behaviour[]): void;
  /** Asked first for every request; undefined leaves it to the rules. */
  script(script: Script | undefined): void;
  /** Forgets rules and recorded requests. */
  reset(): void;
  /** Resolves when that many requests have arrived. */
  arrived(count: number): Promise<readonly RecordedRequest[]>;
  close(): Promise<void>;
}

export interface FakeUpstreamOptions {
  readonly models?: readonly string[];
  /** When given, any other credential gets 401 invalid_api_key. */
  readonly keys?: readonly string[];
  /** Ids of answers count from here on; providers of their own would not give out the same ones. */
  readonly firstSerial?: number;
}

/** A real HTTP server on a free loopback port that speaks like an OpenAI-compatible provider, like Anthropic and Gemini. */
export async function startFakeUpstream(options: FakeUpstreamOptions = {}): Promise<FakeUpstream> {
  const { models = ['fake-model', 'fake-mini'], keys, firstSerial = 1 } = options;
  const rules = new Rules();
  const stored = new StoredResponses();
  const requests: OpenRequest[] = [];
  const waiting = new Set<() => void>();
  const normally = answerNormally();
  let serial = firstSerial - 1;

  async function take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    serial += 1;
    const exchange = { request: new OpenRequest(incoming), serial, models, stored };
    const { request } = exchange;
    requests.push(request);
    for (const check of waiting) check();
    let isOurDoing = false;
    response.once('close', () => request.end(!response.writableFinished && !isOurDoing));
    // The request's socket may break; `close` has recorded it.
    response.on('error', () => undefined);
    await request.readBody(incoming);
    const isRefused = keys !== undefined && !keys.includes(request.key ?? '');
    const behaviour = isRefused ? refuseKey(request) : (rules.behaviourFor(request) ?? normally);
    await deliver(behaviour(exchange), response, () => {
      isOurDoing = true;
    });
  }

  const server = createServer((incoming, response) => {
    take(incoming, response).catch(() => response.destroy());
  });
  // Tests decide when a pooled connection dies.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: addressOf(server.address()),
    requests,
    when: (match, behaviour) => rules.when(match, behaviour),
    once: (match, ...behaviours) => rules.once(match, behaviours),
    queue: (...behaviours) => rules.once({}, behaviours),
    script: (script) => rules.script(script),
    reset() {
      rules.clear();
      requests.length = 0;
    },
    async arrived(count) {
      await new Promise<void>((resolve) => {
        const check = () => {
          if (requests.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      });
      return requests;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** In the words of the API that was called. */
function refuseKey({ path }: RecordedRequest): Behaviour {
  if (/\/messages(?:\/|$)/.test(path)) return anthropicRefusals.invalidApiKey();
  return /\/models\/[^/]+:/.test(path) ? geminiRefusals.invalidApiKey() : refusals.invalidApiKey();
}

function addressOf(address: ReturnType<ReturnType<typeof createServer>['address']>): string {
  if (address === null || typeof address === 'string') throw new Error('the fake upstream is not listening on a port');
  return `http://127.0.0.1:${address.port}`;
}

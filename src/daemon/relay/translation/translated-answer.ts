import type { AnswerEvent, EventReader, EventWriter, Prompt, Told, Translator } from '../../translate/index.ts';
import { eventText } from '../../translate/index.ts';
import type { SseEvent } from '../../wire/index.ts';
import {
  type AnswerFacts,
  type AnswerFold,
  noFacts,
  type StreamFailure,
  type StreamReader,
} from '../dialects/index.ts';

/** How an answer finds its way back into the client's wire. */
export interface Translation {
  readonly client: Translator;
  readonly upstream: Translator;
  /** As it was sent, under the upstream's name for the model. */
  readonly sent: Prompt;
  /** Sees the events of a stream as they came. */
  readonly tap: ((event: SseEvent) => void) | null;
  readonly told: Told;
}

/** What is read in passing: the facts for the books, and how far the answer is. */
class AnswerWatch {
  readonly facts: AnswerFacts = noFacts();
  isEnded = false;
  failure: StreamFailure | null = null;

  take(event: AnswerEvent): ReturnType<StreamReader['read']> {
    switch (event.type) {
      case 'start':
        this.facts.servedModel ??= event.model;
        return 'preamble';
      case 'end':
        this.facts.usage = event.usage;
        this.facts.serviceTier = event.serviceTier;
        this.isEnded = true;
        return 'ended';
      case 'failed':
        this.failure = { status: event.status, code: event.code, message: event.message };
        this.facts.failure = this.failure;
        return 'failed';
      case 'block-start':
        // Text begins with its first words; of a tool call the name alone is output.
        return event.content.kind === 'tool-call' ? 'output' : 'preamble';
      case 'delta':
        return event.text === '' ? 'preamble' : 'output';
      case 'block-end':
        return 'preamble';
      default:
        return 'output';
    }
  }
}

type Verdict = ReturnType<StreamReader['read']>;
const WEIGHT: Readonly<Record<Verdict, number>> = { preamble: 0, output: 1, ended: 2, failed: 3 };

/** Reads a stream of the upstream's wire; `take` gets every event of the common form. */
class TranslatingReader implements StreamReader {
  readonly watch = null;
  readonly rewrite: StreamReader['rewrite'];
  readonly close: () => Buffer | null;
  readonly #seen = new AnswerWatch();
  readonly #reader: EventReader;
  readonly #tap: Translation['tap'];
  readonly #take: (event: AnswerEvent) => void;

  constructor({ upstream, sent, tap }: Translation, take: (event: AnswerEvent) => void, taken: () => Buffer | null) {
    this.#reader = upstream.openReader(sent);
    this.#tap = tap;
    this.#take = take;
    this.rewrite = taken;
    this.close = () => {
      this.#through(this.#reader.finish());
      return taken();
    };
  }

  get facts(): AnswerFacts {
    return this.#seen.facts;
  }

  get isEnded(): boolean {
    return this.#seen.isEnded;
  }

  get failure(): StreamFailure | null {
    return this.#seen.failure;
  }

  isPlain(): boolean {
    return false;
  }

  read(event: SseEvent): Verdict {
    this.#tap?.(event);
    return this.#through(this.#reader.read(event.eventName(), eventText(event)));
  }

  #through(events: readonly AnswerEvent[]): Verdict {
    let heaviest: Verdict = 'preamble';
    for (const event of events) {
      const verdict = this.#seen.take(event);
      if (WEIGHT[verdict] > WEIGHT[heaviest]) heaviest = verdict;
      this.#take(event);
    }
    return heaviest;
  }
}

/** Stream to stream: what the client gets for each event that was read. */
export function translateStream(translation: Translation): StreamReader {
  const { client, told } = translation;
  const writer: EventWriter = client.openWriter(told);
  let written = '';
  return new TranslatingReader(
    translation,
    (event) => {
      written += writer.write(event);
    },
    () => {
      const text = written;
      written = '';
      return text === '' ? null : Buffer.from(text);
    },
  );
}

/** Stream to a whole answer, for a client that did not ask for a stream of an upstream that only streams. */
export function foldStream(translation: Translation): AnswerFold {
  const { client, told } = translation;
  const events: AnswerEvent[] = [];
  const reader = new TranslatingReader(
    translation,
    (event) => void events.push(event),
    () => null,
  );
  return { reader, body: () => Buffer.from(JSON.stringify(client.writeAnswer(events, told))) };
}

/** A whole answer to a whole answer, or to the stream that was asked for; null when it is no answer of that wire. */
export function translateJson(
  { client, upstream, sent, told }: Translation,
  body: Buffer,
): { facts: AnswerFacts; body: () => Buffer } | null {
  const events = upstream.readAnswer(parsed(body), sent);
  if (events === null) return null;
  const seen = new AnswerWatch();
  for (const event of events) seen.take(event);
  const written = (): string => {
    if (!told.prompt.stream) return JSON.stringify(client.writeAnswer(events, told));
    const writer = client.openWriter(told);
    return events.map((event) => writer.write(event)).join('');
  };
  return { facts: seen.facts, body: () => Buffer.from(written()) };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

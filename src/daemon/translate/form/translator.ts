import type { AnswerEvent } from './answer-event.ts';
import type { Prompt, Wire } from './prompt.ts';
import type { Feature } from './untranslatable.ts';

/** One wire in both directions, as pure functions over the common form. */
export interface Translator {
  readonly wire: Wire;
  /** What this wire's clients call a feature, for refusals: `max_completion_tokens`. */
  readonly fieldNames: Readonly<Record<Feature, string>>;

  /**
   * Reads a client's request.
   * @throws Untranslatable for anything whose loss would change the answer and that the form has no place for; unknown
   * fields too. Only fields that are known to be harmless are left out.
   */
  readRequest(body: unknown, request: RequestFacts): Prompt;
  /**
   * Writes the request of an upstream.
   * @throws Untranslatable for what this wire cannot express; `field` comes from `asked.fieldNames`.
   */
  writeRequest(prompt: Prompt, asked: Asked): UpstreamRequest;

  /** Reads a whole answer of an upstream; null when it is no answer of this wire. `sent` as for openReader. */
  readAnswer(body: unknown, sent?: Prompt): readonly AnswerEvent[] | null;
  /** Follows one stream of an upstream. `sent`: the prompt it answers, so that tools come back as the client knows them. */
  openReader(sent?: Prompt): EventReader;

  /** Writes a whole answer for the client; of events that end with `failed`, the body of an error. */
  writeAnswer(events: Iterable<AnswerEvent>, told: Told): Readonly<Record<string, unknown>>;
  /** Writes one stream for the client. */
  openWriter(told: Told): EventWriter;

  /** An error body in this wire's shape. `code` is stable and machine-readable. */
  writeError(error: ErrorFacts): Readonly<Record<string, unknown>>;

  /** On wires that can be asked how many tokens a request has. */
  readonly counting?: TokenCounting;
}

/** What a request says outside of its body: Gemini has the model and the form of the answer in its path. */
export interface RequestFacts {
  readonly model: string;
  readonly stream: boolean;
}

/** Who asked, for refusals in the client's own words. */
export interface Asked {
  readonly fieldNames: Readonly<Record<Feature, string>>;
  /** The client's wire. Seals of this upstream's wire are always given back, whoever carried them. */
  readonly from: Wire;
}

export interface UpstreamRequest {
  /** Behind the upstream's base URL, e.g. `/chat/completions` or `/models/gemini-x:streamGenerateContent?alt=sse`. */
  readonly path: string;
  /** Flat: name, value, name, value … without credentials. */
  readonly headers: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
}

export interface EventReader {
  /** `name` is the event's own name or '' where it has none; `data` is its `eventText`. `[DONE]` comes as it is. */
  read(name: string, data: string): readonly AnswerEvent[];
  /** The stream is over: what was still open is closed; if it did not end well, `failed` says so instead. */
  finish(): readonly AnswerEvent[];
}

export interface EventWriter {
  /** Bytes of whole server-sent events, or '' where the wire has nothing to say. */
  write(event: AnswerEvent): string;
}

/** What a writer needs to know of the request and of Realms to write an answer that looks at home. */
export interface Told {
  readonly prompt: Prompt;
  /** Random part for ids that the upstream's wire does not give: `[A-Za-z0-9]`, unique to the request. */
  readonly seed: string;
  /** Unix seconds. */
  readonly createdAt: number;
  /** The model as the client called it. */
  readonly model: string;
  /** Gemini only: the client streams without `alt=sse`, so the stream is one JSON array. */
  readonly isArrayStream?: boolean;
}

export interface ErrorFacts {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
}

/** Counting the tokens of a request before it is sent, on wires that have a question for it. */
export interface TokenCounting {
  /**
   * Reads a client's question; what only an answer needs may be missing from it.
   * @throws Untranslatable
   */
  readQuestion(body: unknown, request: RequestFacts): Prompt;
  /** @throws Untranslatable */
  writeQuestion(prompt: Prompt, asked: Asked): UpstreamRequest;
  /** The count out of an upstream's answer, null when it is none. */
  readCount(body: unknown): number | null;
  writeCount(tokens: number): Readonly<Record<string, unknown>>;
}

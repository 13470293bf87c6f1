import type { SseEvent } from '../../wire/index.ts';
import { type AnswerFacts, type Dialect, noFacts, type StreamFailure, type StreamReader } from './dialect.ts';
import { geminiErrorBody, geminiFailureOf } from './gemini-error.ts';
import { readGeminiUsage } from './gemini-usage.ts';
import { isRecord } from './openai-usage.ts';
import { REQUEST_FIELDS } from './request-fields.ts';

/**
 * `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent`. A stream without `alt=sse` is one JSON array,
 * and is read as such by `readJson`.
 */
export const geminiGenerate: Dialect = {
  fields: REQUEST_FIELDS,
  readJson: readGeminiJson,
  openStream: () => new GeminiStream(),
  injectsStreamUsage: false,
  errorBody: ({ status, code, message, field }) => geminiErrorBody(status, code, message, field),
  // Google breaks its event streams with the bare error, and its clients look for just that.
  errorEvent: (code, message) => Buffer.from(`${JSON.stringify(geminiErrorBody(500, code, message))}\r\n`),
  // Some of Google's clients take a comment for an answer; all skip a line of nothing, which JSON allows too.
  keepalive: Buffer.from('\n'),
};

/** `POST /v1beta/models/{model}:countTokens`: answered with one number, which nobody is charged for. */
export const geminiCount: Dialect = { ...geminiGenerate, openStream: null };

function readGeminiJson(body: Buffer): AnswerFacts | null {
  const value = parse(body.toString('utf8'));
  if (!Array.isArray(value) && !isRecord(value)) return null;
  const facts = noFacts();
  for (const chunk of Array.isArray(value) ? value.filter(isRecord) : [value]) takeFacts(facts, chunk);
  return facts;
}

/** The provider keeps no answer, so it has no id under which it could be asked for. */
function takeFacts(facts: AnswerFacts, chunk: Record<string, unknown>): void {
  // Every chunk counts what there was until then; the last count is the whole.
  facts.usage = readGeminiUsage(chunk['usageMetadata']) ?? facts.usage;
  if (typeof chunk['modelVersion'] === 'string') facts.servedModel ??= chunk['modelVersion'];
  if (isRecord(chunk['error'])) facts.failure = geminiFailureOf(chunk['error']);
}

// Every chunk has the count so far, and a stream that breaks is settled by its last one: so every chunk is read.
const MARKERS = ['"usageMetadata"', '"finishReason"', '"promptFeedback"', '"error"'].map((text) => Buffer.from(text));

class GeminiStream implements StreamReader {
  readonly facts: AnswerFacts = noFacts();
  isEnded = false;
  readonly rewrite = null;
  readonly watch = { markers: MARKERS, judge: () => 'unsure' as const };

  get failure(): StreamFailure | null {
    return this.facts.failure;
  }

  isPlain(): boolean {
    return false;
  }

  /** Nothing says that an event was the last: the answer is whole once it has a reason to finish. */
  read(event: SseEvent): 'preamble' | 'output' | 'failed' | 'ended' {
    const data = event.data();
    const chunk = parse((data.length > 0 ? data : event.raw).toString('utf8'));
    if (!isRecord(chunk)) return 'preamble';
    takeFacts(this.facts, chunk);
    if (this.facts.failure !== null) return 'failed';
    const candidates: readonly unknown[] = Array.isArray(chunk['candidates']) ? chunk['candidates'] : [];
    const feedback = chunk['promptFeedback'];
    const isFinished = candidates.some(hasFinished) || (isRecord(feedback) && isName(feedback['blockReason']));
    if (isFinished) this.isEnded = true;
    return isFinished || candidates.some(hasContent) ? 'output' : 'preamble';
  }
}

function hasFinished(candidate: unknown): boolean {
  return isRecord(candidate) && isName(candidate['finishReason']);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !value.endsWith('_UNSPECIFIED');
}

function hasContent(candidate: unknown): boolean {
  if (!isRecord(candidate) || !isRecord(candidate['content'])) return false;
  const { parts } = candidate['content'];
  return Array.isArray(parts) && parts.some((part) => isRecord(part) && part['text'] !== '');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

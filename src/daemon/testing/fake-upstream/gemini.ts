import { type Answer, jsonAnswer, sseFrame } from './answer.ts';
import { type Completion, modelOf, type TokenCounts, wordsOf } from './completion.ts';
import type { Exchange } from './exchange.ts';
import { geminiError, refusalOf } from './gemini-checks.ts';

type Part = Readonly<Record<string, unknown>>;

/** POST /models/{model}:generateContent, :streamGenerateContent (with alt=sse or as one array) and :countTokens. */
export function answerGemini(completion: Completion, exchange: Exchange, method: string): Answer {
  const { request } = exchange;
  const refusal = refusalOf(request, method);
  if (refusal) return refusal;
  const chunks = chunksOf(completion, exchange);
  switch (method) {
    case 'countTokens':
      return jsonAnswer(200, { totalTokens: completion.usage?.input ?? 0 });
    case 'generateContent':
      return completion.failure
        ? failed(completion.failure.message)
        : jsonAnswer(200, joined(chunks, completion, exchange));
    case 'streamGenerateContent':
      return request.query.get('alt') === 'sse' ? stream(chunks, completion) : array(chunks, completion);
    default:
      return jsonAnswer(404, geminiError(404, 'NOT_FOUND', `${method} is not found`));
  }
}

function failed(message: string): Answer {
  return jsonAnswer(503, geminiError(503, 'UNAVAILABLE', message));
}

function stream(chunks: readonly object[], { failure }: Completion): Answer {
  const spoken = failure ? (failure.afterWords > 0 ? chunks : []) : chunks;
  const parts = spoken.map((data) => sseFrame({ data }));
  // Google breaks its event streams with the bare error.
  const error = failure && Buffer.from(JSON.stringify(geminiError(503, 'UNAVAILABLE', failure.message), null, 2));
  const headers = { 'content-type': 'text/event-stream' };
  const terminalAt = failure ? parts.length : parts.length - 1;
  return { status: 200, headers, parts: error ? [...parts, error] : parts, terminalAt };
}

function array(chunks: readonly object[], { failure }: Completion): Answer {
  const all = failure ? [...chunks, geminiError(503, 'UNAVAILABLE', failure.message)] : chunks;
  const parts = all.map((chunk, index) => Buffer.from(`${index === 0 ? '[' : ',\r\n'}${JSON.stringify(chunk)}`));
  const headers = { 'content-type': 'application/json; charset=UTF-8' };
  return { status: 200, headers, parts: [...parts, Buffer.from(']')], terminalAt: parts.length - 1 };
}

/** Each is a whole answer with what is new; usage stands on every one of them, final only on the last. */
function chunksOf(completion: Completion, exchange: Exchange): readonly object[] {
  const { reasoning, toolCall, usage, failure } = completion;
  const counted = usage ? { promptTokenCount: usage.input, totalTokenCount: usage.input } : null;
  const thoughts = (reasoning?.match(/\S+\s*/g) ?? []).map((text): Part => ({ text, thought: true }));
  const said = toolCall ? [callPart(completion, exchange)] : wordsOf(completion).map((text): Part => ({ text }));
  const chunks = [...thoughts, ...said].map((part) => chunk([part], null, counted, completion, exchange));
  if (failure) return chunks;
  const last = chunk([{ text: '' }], finishReason(completion), usage && usageMetadata(usage), completion, exchange);
  return [...chunks, last];
}

function joined(chunks: readonly object[], completion: Completion, exchange: Exchange): object {
  const { reasoning, toolCall, text, usage } = completion;
  const thought = reasoning === undefined ? [] : [{ text: reasoning, thought: true }];
  const parts = [...thought, toolCall ? callPart(completion, exchange) : { text }];
  return chunks.length === 0
    ? {}
    : chunk(parts, finishReason(completion), usage && usageMetadata(usage), completion, exchange);
}

/** A signature names who made it; the provider takes back no other. */
function callPart({ toolCall }: Completion, { serial }: Exchange): Part {
  const args: unknown = JSON.parse(toolCall?.arguments ?? '{}');
  const thoughtSignature = Buffer.from(`sig-fake${serial}`).toString('base64');
  return { functionCall: { id: `call-fake${serial}`, name: toolCall?.name, args }, thoughtSignature };
}

function chunk(
  parts: readonly Part[],
  finish: string | null,
  usage: object | null,
  completion: Completion,
  exchange: Exchange,
): object {
  const content = { parts, role: 'model' };
  return {
    candidates: [{ content, ...(finish !== null && { finishReason: finish }), index: 0 }],
    ...(usage && { usageMetadata: usage }),
    modelVersion: modelOf(completion, exchange),
    responseId: `fake-${exchange.serial}`,
  };
}

function finishReason({ ends }: Completion): string {
  if (ends === 'length') return 'MAX_TOKENS';
  return ends === 'content_filter' ? 'SAFETY' : 'STOP';
}

/** The prompt's count includes what was cached, the candidates' leaves thoughts out. */
function usageMetadata({ input, output, cachedInput, reasoning }: TokenCounts): object {
  return {
    promptTokenCount: input,
    cachedContentTokenCount: cachedInput,
    candidatesTokenCount: output - reasoning,
    thoughtsTokenCount: reasoning,
    totalTokenCount: input + output,
  };
}

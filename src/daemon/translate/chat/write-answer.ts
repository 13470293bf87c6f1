import {
  type AnswerEvent,
  clientNames,
  foldAnswer,
  type Json,
  type Told,
  type WholeAnswer,
  type WholeBlock,
} from '../form/index.ts';
import { chatUsage, errorBody } from '../openai/index.ts';
import { annotation, answerHead } from './answer-shape.ts';
import { writeFinishReason } from './end-reasons.ts';

/** Writes a whole answer (OpenAI API reference, "The chat completion object"), or an error if it failed. */
export function writeChatAnswer(events: Iterable<AnswerEvent>, told: Told): Json {
  const answer = foldAnswer(events);
  const { ending, blocks } = answer;
  if (ending?.type !== 'end') {
    const { status, code, message } = ending ?? { status: 502, code: 'upstream_error', message: 'no answer came' };
    return errorBody({ status, code, message, field: null });
  }
  const hadRefusal = blocks.some(({ content, text }) => content.kind === 'refusal' && text !== '');
  const finishReason = writeFinishReason(ending.reason, hadRefusal);
  return {
    ...answerHead('chat.completion', answer.id, told),
    choices: [{ index: 0, message: writeMessage(answer, told), logprobs: null, finish_reason: finishReason }],
    ...(ending.usage && { usage: chatUsage(ending.usage) }),
    ...(ending.serviceTier !== null && { service_tier: ending.serviceTier }),
  };
}

function writeMessage({ blocks }: WholeAnswer, told: Told): Json {
  const nameOf = clientNames(told.prompt);
  const thoughts = textsOf(blocks, 'reasoning').filter((text) => text !== '');
  const calls = blocks.flatMap((block) => writeCall(block, nameOf));
  return {
    role: 'assistant',
    content: joined(textsOf(blocks, 'text')),
    refusal: joined(textsOf(blocks, 'refusal')) || null,
    // No word of OpenAI's: what other servers of this API call thoughts, and clients look for.
    ...(thoughts.length > 0 && { reasoning_content: thoughts.join('\n\n') }),
    annotations: writeAnnotations(blocks),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function textsOf(blocks: readonly WholeBlock[], kind: string): readonly string[] {
  return blocks.filter(({ content }) => content.kind === kind).map(({ text }) => text);
}

function joined(texts: readonly string[]): string | null {
  return texts.length === 0 ? null : texts.join('');
}

function writeCall({ content, text }: WholeBlock, nameOf: (name: string) => string): readonly Json[] {
  if (content.kind !== 'tool-call') return [];
  const name = nameOf(content.name);
  if (content.isCustom) return [{ id: content.callId, type: 'custom', custom: { name, input: text } }];
  return [{ id: content.callId, type: 'function', function: { name, arguments: text } }];
}

// Places count from the beginning of the content, which is all texts in one.
function writeAnnotations(blocks: readonly WholeBlock[]): readonly Json[] {
  let at = 0;
  return blocks.flatMap(({ content, text, citations }) => {
    if (content.kind !== 'text') return [];
    const offset = at;
    at += text.length;
    return citations.map((citation) => annotation(citation, offset, at));
  });
}

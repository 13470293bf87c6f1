import {
  type AnswerEnd,
  type AnswerEvent,
  clientNames,
  foldAnswer,
  type Json,
  type Told,
  type WholeBlock,
} from '../form/index.ts';
import { writeGeminiError } from './errors.ts';
import { writeFinishReason } from './finish-reasons.ts';
import { callPart, grounding, wordsPart } from './parts.ts';
import { writeUsage } from './usage.ts';

/** Writes a whole answer (Gemini API reference, "GenerateContentResponse"), or the error that it became. */
export function writeGeminiAnswer(events: Iterable<AnswerEvent>, told: Told): Json {
  const { id, blocks, ending } = foldAnswer(events);
  if (ending?.type !== 'end') return writeGeminiError(ending ? { ...ending, field: null } : BROKEN_OFF);
  const nameOf = clientNames(told.prompt);
  const parts = blocks.flatMap((block) => writeBlock(block, nameOf));
  const hadWords = blocks.some(({ content, text }) => content.kind !== 'reasoning' && text !== '');
  const sources = grounding(blocks.flatMap(({ citations }) => citations));
  return closing({ parts, ending, hadWords, sources }, id, told);
}

const BROKEN_OFF = { status: 502, code: 'upstream_error', message: 'the answer broke off before its end', field: null };

interface Closing {
  readonly parts: readonly Json[];
  readonly ending: AnswerEnd;
  readonly hadWords: boolean;
  readonly sources: Json;
}

/** The last chunk of a stream, or the whole of an answer. */
export function closing({ parts, ending, hadWords, sources }: Closing, id: string | null, told: Told): Json {
  const content = { parts, role: 'model' };
  const finishReason = writeFinishReason(ending.reason, hadWords);
  return {
    candidates: [{ content, finishReason, index: 0, ...sources }],
    ...(ending.usage && { usageMetadata: writeUsage(ending.usage) }),
    ...names(id, told),
  };
}

/** What stands in every chunk. */
export function names(id: string | null, told: Told): Json {
  return { modelVersion: told.model, responseId: id ?? told.seed };
}

function writeBlock({ content, text, seal }: WholeBlock, nameOf: (name: string) => string): readonly Json[] {
  if (content.kind === 'tool-call') return [callPart(content, nameOf(content.name), text, seal)];
  return text === '' && seal === null ? [] : [wordsPart(content.kind, text, seal)];
}

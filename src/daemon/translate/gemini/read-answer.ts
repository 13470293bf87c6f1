import { type AnswerEvent, isObject, type Prompt } from '../form/index.ts';
import { GeminiReader } from './read-stream.ts';

/** Reads a whole answer (Gemini API reference, "GenerateContentResponse"); null when it is none. */
export function readGeminiAnswer(body: unknown, sent?: Prompt): readonly AnswerEvent[] | null {
  if (!isObject(body)) return null;
  const isAnswer = Array.isArray(body['candidates']) || isObject(body['promptFeedback']) || isObject(body['error']);
  if (!isAnswer) return null;
  const reader = new GeminiReader(sent);
  return [...reader.take(body), ...reader.finish()];
}

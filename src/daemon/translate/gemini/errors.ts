import { geminiErrorBody } from '../../relay/dialects/index.ts';
import type { ErrorFacts, Json } from '../form/index.ts';

/** An error body of the Gemini API. */
export function writeGeminiError({ status, code, message, field }: ErrorFacts): Json {
  return geminiErrorBody(status, code, message, field);
}

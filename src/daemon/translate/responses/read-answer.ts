import { failureOf } from '../../relay/dialects/index.ts';
import { type AnswerEvent, isObject } from '../form/index.ts';
import { ResponsesReader } from './read-stream.ts';

/** Reads a whole answer (OpenAI API reference, "The response object"); null when it is none, or not there yet. */
export function readResponsesAnswer(body: unknown): readonly AnswerEvent[] | null {
  if (!isObject(body)) return null;
  if (isObject(body['error'])) return [{ type: 'failed', ...failureOf(body['error']) }];
  if (!Array.isArray(body['output']) || body['status'] === 'queued' || body['status'] === 'in_progress') return null;
  return new ResponsesReader().readWhole(body);
}

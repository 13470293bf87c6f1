import { failureOf } from '../../relay/dialects/index.ts';
import { type AnswerEvent, isObject, objectsOf } from '../form/index.ts';
import { ChatReader } from './read-stream.ts';

/** Reads a whole answer (OpenAI API reference, "The chat completion object"); null when it is none. */
export function readChatAnswer(body: unknown): readonly AnswerEvent[] | null {
  if (!isObject(body)) return null;
  if (isObject(body['error'])) return [{ type: 'failed', ...failureOf(body['error']) }];
  const [choice] = objectsOf(body['choices']);
  return choice && isObject(choice['message']) ? new ChatReader().readWhole(body, choice) : null;
}

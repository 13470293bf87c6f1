import { anthropicFailureOf } from '../../relay/dialects/index.ts';
import { type AnswerEvent, isObject, type Json, objectsOf, type Prompt } from '../form/index.ts';
import { MessagesReader } from './read-stream.ts';

/**
 * Reads a whole answer (Anthropic API reference, "Create a Message", "Returns"); null when it is none. It is read as the
 * stream that would have brought it.
 */
export function readMessagesAnswer(body: unknown, sent?: Prompt): readonly AnswerEvent[] | null {
  if (!isObject(body)) return null;
  if (body['type'] === 'error') return [{ type: 'failed', ...anthropicFailureOf(body['error']) }];
  if (!Array.isArray(body['content'])) return null;
  const reader = new MessagesReader(sent);
  return asStream(body).flatMap((event) => reader.take(event));
}

function asStream(message: Json): readonly Json[] {
  const { stop_reason, stop_sequence, stop_details } = message;
  const blocks = objectsOf(message['content']).flatMap((content_block, index): readonly Json[] => [
    { type: 'content_block_start', index, content_block },
    ...objectsOf(content_block['citations']).map((citation) => {
      return { type: 'content_block_delta', index, delta: { type: 'citations_delta', citation } };
    }),
    { type: 'content_block_stop', index },
  ]);
  return [
    { type: 'message_start', message },
    ...blocks,
    { type: 'message_delta', delta: { stop_reason, stop_sequence, stop_details } },
    { type: 'message_stop' },
  ];
}

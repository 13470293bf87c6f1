import { type Asked, type Json, safeCallId, type ToolResultPart } from '../form/index.ts';
import { writeContent } from './write-content.ts';

/** Writes a `tool_result` block. */
export function writeResult(result: ToolResultPart, asked: Asked): Json {
  const content = result.parts.flatMap((part) => writeContent(part, asked));
  const [only] = content;
  const isPlain = content.length === 1 && only?.['type'] === 'text';
  return {
    type: 'tool_result',
    tool_use_id: safeCallId(result.callId),
    ...(content.length > 0 && { content: isPlain ? only?.['text'] : content }),
    ...(result.isError && { is_error: true }),
  };
}

import type { Field, ToolResultPart } from '../form/index.ts';
import type { CallNames } from './call-names.ts';
import { readContent } from './read-content.ts';

const RESULT_FIELDS = new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control']);

/** Reads a `tool_result` block. */
export function readResult(block: Field, calls: CallNames): ToolResultPart {
  const callId = block.only(RESULT_FIELDS).at('tool_use_id').text();
  const content = block.at('content');
  return {
    kind: 'tool-result',
    callId,
    name: calls.get(callId) ?? null,
    isCustom: false,
    parts: typeof content.value === 'string' ? readContent(content) : content.items().flatMap(readContent),
    isError: block.at('is_error').flag() ?? false,
  };
}

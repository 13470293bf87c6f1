import { FieldTable } from '../../wire/index.ts';

/** What the Codex backend takes; it refuses any other name (`{"detail":"Unsupported parameter: X"}`). */
export const CODEX_FIELDS = new FieldTable(
  [
    'model',
    'instructions',
    'input',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'reasoning',
    'store',
    'stream',
    'stream_options',
    'include',
    'service_tier',
    'prompt_cache_key',
    'text',
    'client_metadata',
  ],
  { listsOthers: true },
);
export type CodexField = (typeof CODEX_FIELDS.names)[number];

/** `/responses/compact` answers at once, so nothing about streams and storing is said there. */
const NOT_COMPACTED: ReadonlySet<string> = new Set([
  'tool_choice',
  'store',
  'stream',
  'stream_options',
  'include',
  'service_tier',
  'prompt_cache_key',
  'client_metadata',
]);

export function isCompactField(name: CodexField): boolean {
  return !NOT_COMPACTED.has(name);
}

/**
 * Fields whose loss would change what the answer means, with what they must say to be left out all the same. All others
 * that the backend does not take tune or label the answer; every relay in front of it leaves them out.
 */
export const MEANINGFUL: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['previous_response_id', isNothing],
  ['conversation', isNothing],
  ['prompt', isNothing],
  ['background', (value: unknown) => isNothing(value) || value === false],
]);

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}

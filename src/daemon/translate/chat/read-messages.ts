import type { Field, Part, Turn } from '../form/index.ts';
import { type Calls, readAssistant } from './read-assistant.ts';
import { readContent, readTexts } from './read-content.ts';

const PLAIN_FIELDS = new Set(['role', 'content']);
// `name` of a result is said by some SDKs; it is that of the call.
const RESULT_FIELDS = new Set(['role', 'content', 'tool_call_id', 'name']);
const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'] as const;

/** Reads `messages`: one turn each, but results that stand together are one turn of the user. */
export function readMessages(messages: Field): readonly Turn[] {
  if (!Array.isArray(messages.value)) messages.refuse('must be an array of messages');
  const calls: Calls = new Map();
  const turns: { role: Turn['role']; parts: Part[] }[] = [];
  let results: Part[] | null = null;
  for (const message of messages.items()) {
    const role = message.at('role').choice(ROLES) ?? message.at('role').refuse('is missing');
    if (role === 'tool') {
      if (results === null) {
        results = [];
        turns.push({ role: 'user', parts: results });
      }
      results.push(readResult(message, calls));
      continue;
    }
    results = null;
    const parts = role === 'assistant' ? readAssistant(message, calls) : readPlain(message, role);
    if (parts.length > 0) turns.push({ role, parts: [...parts] });
  }
  return turns;
}

function readPlain(message: Field, role: 'system' | 'developer' | 'user'): readonly Part[] {
  const name = message.at('name');
  if (name.isSaying) name.refuse('tells speakers apart, which this model cannot');
  message.only(new Set([...PLAIN_FIELDS, 'name']));
  const content = message.at('content');
  return role === 'user' ? readContent(content) : readTexts(content);
}

function readResult(message: Field, calls: Calls): Part {
  message.only(RESULT_FIELDS);
  const callId = message.at('tool_call_id').text();
  const call = calls.get(callId);
  return {
    kind: 'tool-result',
    callId,
    name: call?.name ?? message.at('name').textOrNull(),
    isCustom: call?.isCustom ?? false,
    parts: readTexts(message.at('content')),
    isError: false,
  };
}

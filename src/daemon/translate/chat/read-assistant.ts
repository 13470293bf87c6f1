import type { Field, Part } from '../form/index.ts';
import { readText } from './read-content.ts';

/** Calls seen so far: a result names only the id. */
export type Calls = Map<string, { readonly name: string; readonly isCustom: boolean }>;

const FIELDS = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  // The thoughts of models that show them; several servers want them back.
  'reasoning_content',
  'reasoning',
  // Clients send an answer back as they had it. These repeat what the content says.
  'annotations',
  'parsed',
]);
const REFUSAL_FIELDS = new Set(['type', 'refusal']);
const CALL_FIELDS = new Set(['id', 'type', 'function', 'custom', 'index']);
const FUNCTION_FIELDS = new Set(['name', 'arguments', 'parsed_arguments']);
const CUSTOM_FIELDS = new Set(['name', 'input']);

/** Reads a message of the assistant: thoughts, then words, then calls, which is how they came to be. */
export function readAssistant(message: Field, calls: Calls): readonly Part[] {
  const name = message.at('name');
  if (name.isSaying) name.refuse('tells speakers apart, which this model cannot');
  message.only(new Set([...FIELDS, 'name']));
  const thought = message.at('reasoning_content').textOrNull() ?? message.at('reasoning').textOrNull() ?? '';
  const refusal = message.at('refusal').textOrNull() ?? '';
  return [
    ...(thought === '' ? [] : [{ kind: 'reasoning', text: thought, seal: null } as const]),
    ...readWords(message.at('content')),
    ...(refusal === '' ? [] : [{ kind: 'refusal', text: refusal } as const]),
    ...message
      .at('tool_calls')
      .items()
      .map((call) => readCall(call, calls)),
  ];
}

// An assistant that only called tools has null or an empty text here.
function readWords(content: Field): readonly Part[] {
  if (typeof content.value === 'string') return content.value === '' ? [] : [{ kind: 'text', text: content.value }];
  return content.items().map((part) => {
    if (part.at('type').value !== 'refusal') return readText(part);
    return { kind: 'refusal', text: part.only(REFUSAL_FIELDS).at('refusal').text() };
  });
}

function readCall(call: Field, calls: Calls): Part {
  call.only(CALL_FIELDS);
  const callId = call.at('id').text();
  const isCustom = call.at('type').choice(['function', 'custom']) === 'custom';
  const what = isCustom ? call.at('custom').only(CUSTOM_FIELDS) : call.at('function').only(FUNCTION_FIELDS);
  const name = what.at('name').text();
  calls.set(callId, { name, isCustom });
  return { kind: 'tool-call', callId, name, input: what.at(isCustom ? 'input' : 'arguments').text(), isCustom };
}

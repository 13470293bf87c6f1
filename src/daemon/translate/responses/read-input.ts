import type { Field, Tool, Turn } from '../form/index.ts';
import { readCarriedSeal } from './carried-seal.ts';
import { namespacedName } from './namespaces.ts';
import { readContent, readOutput } from './read-content.ts';
import { readTools } from './read-tools.ts';
import { TurnBuilder } from './turn-builder.ts';

/** On every item: its place in OpenAI's store, how far it got, and what Codex keeps for itself. */
const ANY = ['type', 'id', 'status', 'internal_chat_message_metadata_passthrough', 'metadata'];
// `phase` tells comments from the final answer; the words are the same.
const MESSAGE_FIELDS = new Set([...ANY, 'role', 'content', 'phase']);
const CALL_FIELDS = new Set([...ANY, 'call_id', 'name', 'namespace', 'arguments', 'input', 'parsed_arguments']);
const OUTPUT_FIELDS = new Set([...ANY, 'call_id', 'name', 'namespace', 'output']);
const REASONING_FIELDS = new Set([...ANY, 'summary', 'content', 'encrypted_content']);
const TOOLS_FIELDS = new Set([...ANY, 'role', 'tools']);

/** Reads `instructions` and `input`: what was said, and tools that came with it. */
export function readInput(body: Field): { readonly turns: readonly Turn[]; readonly tools: readonly Tool[] } {
  const builder = new TurnBuilder();
  const instructions = body.at('instructions').textOrNull() ?? '';
  if (instructions !== '') builder.say('system', [{ kind: 'text', text: instructions }]);
  const input = body.at('input');
  if (typeof input.value === 'string') {
    builder.say('user', [{ kind: 'text', text: input.value }]);
    return { turns: builder.turns, tools: [] };
  }
  if (!Array.isArray(input.value)) input.refuse('must be a string or an array of items');
  const tools = input.items().flatMap((item) => readItem(item, builder));
  return { turns: builder.turns, tools };
}

function readItem(item: Field, builder: TurnBuilder): readonly Tool[] {
  const type = item.at('type').textOrNull() ?? 'message';
  switch (type) {
    case 'message':
      readMessage(item.only(MESSAGE_FIELDS), builder);
      return [];
    case 'function_call':
    case 'custom_tool_call':
      readCall(item.only(CALL_FIELDS), type === 'custom_tool_call', builder);
      return [];
    case 'function_call_output':
    case 'custom_tool_call_output':
      readResult(item.only(OUTPUT_FIELDS), type === 'custom_tool_call_output', builder);
      return [];
    case 'reasoning':
      readReasoning(item.only(REASONING_FIELDS), builder);
      return [];
    case 'additional_tools':
      return readTools(item.only(TOOLS_FIELDS).at('tools'));
    default:
      return item.at('type').refuse(`cannot be ${JSON.stringify(type.slice(0, 64))} for this model`);
  }
}

function readMessage(item: Field, builder: TurnBuilder): void {
  const role = item.at('role').choice(['system', 'developer', 'user', 'assistant']);
  const parts = readContent(item.at('content'));
  if (role === null) item.at('role').refuse('is missing');
  else if (role === 'assistant') builder.assist(parts);
  else builder.say(role, parts);
}

function readCall(item: Field, isCustom: boolean, builder: TurnBuilder): void {
  const input = item.at(isCustom ? 'input' : 'arguments').text();
  const callId = item.at('call_id').text();
  builder.assist([{ kind: 'tool-call', callId, name: readName(item) ?? item.at('name').text(), input, isCustom }]);
}

function readResult(item: Field, isCustom: boolean, builder: TurnBuilder): void {
  const parts = readOutput(item.at('output'));
  const callId = item.at('call_id').text();
  builder.answer({ kind: 'tool-result', callId, isCustom, parts, isError: false }, readName(item));
}

function readName(item: Field): string | null {
  const name = item.at('name').textOrNull();
  const namespace = item.at('namespace').textOrNull();
  return name === null || namespace === null ? name : namespacedName(namespace, name);
}

// Servers of open models show the thoughts themselves (`content`), OpenAI only a summary.
function readReasoning(item: Field, builder: TurnBuilder): void {
  const carried = readCarriedSeal(item.at('encrypted_content'), item.at('id').textOrNull());
  if (carried && carried.bound.to !== 'reasoning') return builder.bind(carried);
  const summary = item.at('summary').items();
  const texts = (summary.length > 0 ? summary : item.at('content').items()).map((part) => part.at('text').text());
  const text = texts.join('\n\n');
  if (text !== '' || carried) builder.assist([{ kind: 'reasoning', text, seal: carried?.seal ?? null }]);
}

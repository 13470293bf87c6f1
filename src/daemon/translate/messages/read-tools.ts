import type { Field, Tool, ToolChoice } from '../form/index.ts';

const TOOL_FIELDS = new Set([
  'type',
  'name',
  'description',
  'input_schema',
  'strict',
  // A mark for the provider's cache.
  'cache_control',
  // How the arguments stream, not what they are.
  'eager_input_streaming',
  // Loading a tool late saves tokens; all are loaded here.
  'defer_loading',
]);
const SEARCH_TYPES: ReadonlySet<unknown> = new Set([
  'web_search_20250305',
  'web_search_20260209',
  'web_search_20260318',
]);
const SEARCH_FIELDS = new Set([
  'type',
  'name',
  'max_uses',
  'allowed_domains',
  'blocked_domains',
  'user_location',
  'cache_control',
  'defer_loading',
  'strict',
]);
const LOCATION_FIELDS = new Set(['type', 'city', 'country', 'region', 'timezone']);
const CHOICE_FIELDS = new Set(['type', 'name', 'disable_parallel_tool_use']);

export function readTools(tools: Field): readonly Tool[] {
  return tools.items().map((tool) => {
    const type = tool.at('type');
    if (SEARCH_TYPES.has(type.value)) return readSearch(tool);
    if (type.isAbsent || type.value === 'custom') return readFunction(tool);
    return type.refuse('is a tool that only Anthropic runs or knows');
  });
}

export function readToolChoice(choice: Field): ToolChoice | null {
  if (choice.isAbsent) return null;
  const type = choice.only(CHOICE_FIELDS).at('type').choice(['auto', 'any', 'none', 'tool']);
  switch (type) {
    case 'tool':
      return { kind: 'tool', name: choice.at('name').text() };
    case 'any':
      return { kind: 'required' };
    case null:
      return choice.at('type').refuse('is missing');
    default:
      return { kind: type };
  }
}

export function readParallelToolCalls(choice: Field): boolean | null {
  if (choice.isAbsent) return null;
  const isDisabled = choice.at('disable_parallel_tool_use').flag();
  return isDisabled === null ? null : !isDisabled;
}

function readFunction(tool: Field): Tool {
  tool.only(TOOL_FIELDS);
  return {
    kind: 'function',
    name: tool.at('name').text(),
    description: tool.at('description').textOrNull(),
    parameters: tool.at('input_schema').json(),
    strict: tool.at('strict').flag(),
  };
}

// Options have the names of the Responses API in the form; what that has no name for keeps its own.
function readSearch(tool: Field): Tool {
  const options: Record<string, unknown> = {};
  const allowed = readDomains(tool.only(SEARCH_FIELDS).at('allowed_domains'));
  const blocked = readDomains(tool.at('blocked_domains'));
  const maxUses = tool.at('max_uses').integer();
  if (allowed.length > 0) options['filters'] = { allowed_domains: allowed };
  if (blocked.length > 0) options['blocked_domains'] = blocked;
  if (maxUses !== null) options['max_uses'] = maxUses;
  const location = tool.at('user_location');
  if (!location.isAbsent) options['user_location'] = { ...location.only(LOCATION_FIELDS).json(), type: 'approximate' };
  return { kind: 'hosted', name: 'web_search', options };
}

function readDomains(field: Field): readonly string[] {
  return field.items().map((domain) => domain.text());
}

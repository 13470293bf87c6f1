import type { Field, Tool, ToolChoice } from '../form/index.ts';

const TOOL_FIELDS = new Set(['type', 'function', 'custom', 'cache_control']);
const FUNCTION_FIELDS = new Set(['name', 'description', 'parameters', 'strict']);
const CUSTOM_FIELDS = new Set(['name', 'description', 'format']);
const SEARCH_FIELDS = new Set(['search_context_size', 'user_location']);
const LOCATION_FIELDS = new Set(['type', 'approximate']);

/** Reads `tools` and the search that is asked for beside them. */
export function readTools(body: Field): readonly Tool[] {
  return [...body.at('tools').items().map(readTool), ...readSearch(body.at('web_search_options'))];
}

export function readToolChoice(choice: Field): ToolChoice | null {
  if (choice.isAbsent) return null;
  if (typeof choice.value === 'string') return { kind: choice.choice(['auto', 'none', 'required']) ?? 'auto' };
  const type = choice.at('type').text();
  if (type === 'function' || type === 'custom') return { kind: 'tool', name: choice.at(type).at('name').text() };
  return choice.at('type').refuse(`cannot be ${JSON.stringify(type.slice(0, 64))} for this model`);
}

function readTool(tool: Field): Tool {
  tool.only(TOOL_FIELDS);
  const type = tool.at('type').choice(['function', 'custom']) ?? tool.at('type').refuse('is missing');
  return type === 'function' ? readFunction(tool.at('function')) : readCustom(tool.at('custom'));
}

function readFunction(tool: Field): Tool {
  tool.only(FUNCTION_FIELDS);
  return {
    kind: 'function',
    name: tool.at('name').text(),
    description: tool.at('description').textOrNull(),
    parameters: tool.at('parameters').jsonOrNull(),
    strict: tool.at('strict').flag(),
  };
}

function readCustom(tool: Field): Tool {
  tool.only(CUSTOM_FIELDS);
  return {
    kind: 'custom',
    name: tool.at('name').text(),
    description: tool.at('description').textOrNull(),
    grammar: readGrammar(tool.at('format')),
  };
}

function readGrammar(format: Field): { syntax: string; definition: string } | null {
  if (format.isAbsent || format.at('type').choice(['text', 'grammar']) !== 'grammar') return null;
  const grammar = format.at('grammar');
  return { syntax: grammar.at('syntax').text(), definition: grammar.at('definition').text() };
}

function readSearch(search: Field): readonly Tool[] {
  if (search.isAbsent) return [];
  search.only(SEARCH_FIELDS);
  const options: Record<string, unknown> = {};
  const size = search.at('search_context_size').textOrNull();
  if (size !== null) options['search_context_size'] = size;
  const location = search.at('user_location');
  if (!location.isAbsent) {
    // One level deeper than in the Responses API, whose names the form has.
    options['user_location'] = { type: 'approximate', ...location.only(LOCATION_FIELDS).at('approximate').json() };
  }
  return [{ kind: 'hosted', name: 'web_search', options }];
}

import type { Field, Tool, ToolChoice } from '../form/index.ts';
import { camel } from './camel.ts';
import { jsonSchemaOf } from './schema.ts';

const TOOL_FIELDS = new Set(['functionDeclarations', 'googleSearch']);
const DECLARATION_FIELDS = new Set([
  'name',
  'description',
  'parameters',
  'parametersJsonSchema',
  // What the function gives back, and when: the client knows, and the model reads it in the result.
  'response',
  'responseJsonSchema',
  'behavior',
]);

/** Reads `tools`: a list of lists of functions, and search (Gemini API reference, "Tool"). */
export function readTools(tools: Field): readonly Tool[] {
  return tools.items().flatMap((item) => {
    const tool = camel(item).only(TOOL_FIELDS);
    const functions = tool.at('functionDeclarations').items().map(readFunction);
    return tool.at('googleSearch').isAbsent ? functions : [...functions, readSearch(tool.at('googleSearch'))];
  });
}

function readFunction(field: Field): Tool {
  const declared = camel(field).only(DECLARATION_FIELDS);
  if (declared.at('behavior').value === 'NON_BLOCKING') {
    declared.at('behavior').refuse('can only be BLOCKING for this model');
  }
  const own = declared.at('parameters');
  return {
    kind: 'function',
    name: declared.at('name').text(),
    description: declared.at('description').textOrNull(),
    parameters: own.isAbsent ? declared.at('parametersJsonSchema').jsonOrNull() : jsonSchemaOf(own),
    strict: null,
  };
}

function readSearch(search: Field): Tool {
  for (const name of Object.keys(search.json())) {
    if (search.at(name).isSaying) search.at(name).refuse('cannot be asked of the search of this model');
  }
  return { kind: 'hosted', name: 'web_search', options: {} };
}

const CONFIG_FIELDS = new Set(['functionCallingConfig']);
const CALLING_FIELDS = new Set(['mode', 'allowedFunctionNames']);
const MODES = ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'] as const;

/** Reads `toolConfig` (Gemini API reference, "FunctionCallingConfig"). */
export function readToolChoice(config: Field, tools: readonly Tool[]): ToolChoice | null {
  if (config.isAbsent) return null;
  const calling = camel(config.only(CONFIG_FIELDS).at('functionCallingConfig'));
  if (calling.isAbsent) return null;
  const mode = calling.only(CALLING_FIELDS).at('mode').choice(MODES) ?? 'MODE_UNSPECIFIED';
  const allowed = calling
    .at('allowedFunctionNames')
    .items()
    .map((name) => name.text());
  const isEveryOne = tools.every(({ kind, name }) => kind === 'hosted' || allowed.includes(name));
  const [only, ...others] = allowed;
  if (mode === 'ANY' && only !== undefined && others.length === 0) return { kind: 'tool', name: only };
  if (only !== undefined && !isEveryOne) {
    calling.at('allowedFunctionNames').refuse('can only be one function, with the mode ANY, for this model');
  }
  if (mode === 'MODE_UNSPECIFIED') return null;
  if (mode === 'NONE') return { kind: 'none' };
  // VALIDATED: the model is free, but what it calls is well-formed; other providers promise that for every tool.
  return { kind: mode === 'ANY' ? 'required' : 'auto' };
}

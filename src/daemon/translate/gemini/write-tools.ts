import {
  type Asked,
  cannot,
  customToolSchema,
  type Json,
  type Prompt,
  safeName,
  type Tool,
  type ToolChoice,
  withoutNulls,
} from '../form/index.ts';

type Hosted = Extract<Tool, { kind: 'hosted' }>;

/**
 * Writes `tools` and `toolConfig`. Whether arguments must keep to the schema (`strict`) cannot be said of one tool here;
 * the model does its best.
 * @throws Untranslatable
 */
export function writeTools(prompt: Prompt, asked: Asked): Json {
  const { tools, parallelToolCalls, toolChoice } = prompt;
  if (tools.length === 0) return {};
  const declared = tools.flatMap((tool) => (tool.kind === 'hosted' ? [] : [writeFunction(tool)]));
  const searches = tools.flatMap((tool) => (tool.kind === 'hosted' ? [writeSearch(tool, asked)] : []));
  if (parallelToolCalls === false && declared.length > 0) {
    cannot(asked, 'parallelToolCalls', 'one call at a time');
  }
  const functions = declared.length > 0 ? [{ functionDeclarations: declared }] : [];
  return {
    tools: [...functions, ...searches],
    toolConfig: declared.length > 0 && toolChoice ? { functionCallingConfig: writeChoice(toolChoice) } : null,
  };
}

// A custom tool becomes a function of one string; the reader of the answer takes it out again.
function writeFunction(tool: Exclude<Tool, Hosted>): Json {
  const parametersJsonSchema = tool.kind === 'custom' ? customToolSchema(tool.grammar) : tool.parameters;
  return withoutNulls({ name: safeName(tool.name), description: tool.description, parametersJsonSchema });
}

function writeChoice(choice: ToolChoice): Json {
  switch (choice.kind) {
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [safeName(choice.name)] };
    case 'required':
      return { mode: 'ANY' };
    case 'none':
      return { mode: 'NONE' };
    case 'auto':
      return { mode: 'AUTO' };
  }
}

function writeSearch({ options }: Hosted, asked: Asked): Json {
  const { search_context_size: size, ...unknown } = options;
  const [name] = Object.keys(unknown).filter((key) => unknown[key] !== null);
  if (name !== undefined) cannot(asked, 'hostedTools', `a web search with ${name.slice(0, 64)}`);
  if (typeof size === 'string' && size !== 'medium') cannot(asked, 'hostedTools', 'the size of a search');
  return { googleSearch: {} };
}

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

/** Writes `tools` and `tool_choice`. */
export function writeTools(prompt: Prompt, asked: Asked): Json {
  if (prompt.tools.length === 0) return {};
  return {
    tools: prompt.tools.map((tool) => (tool.kind === 'hosted' ? writeSearch(tool, asked) : writeTool(tool))),
    tool_choice: writeChoice(prompt.toolChoice, prompt.parallelToolCalls),
  };
}

// A custom tool becomes a function of one string; the reader of the answer takes it out again.
function writeTool(tool: Exclude<Tool, Hosted>): Json {
  const name = safeName(tool.name);
  const { description } = tool;
  if (tool.kind === 'custom') return withoutNulls({ name, description, input_schema: customToolSchema(tool.grammar) });
  const input_schema = { type: 'object', ...(tool.parameters ?? { properties: {} }) };
  return withoutNulls({ name, description, input_schema, strict: tool.strict || null });
}

function writeChoice(choice: ToolChoice | null, parallel: boolean | null): Json | null {
  if (choice?.kind === 'none') return { type: 'none' };
  const together = parallel === null ? {} : { disable_parallel_tool_use: !parallel };
  if (choice === null) return parallel === null ? null : { type: 'auto', ...together };
  if (choice.kind === 'tool') return { type: 'tool', name: safeName(choice.name), ...together };
  return { type: choice.kind === 'required' ? 'any' : 'auto', ...together };
}

const SIZE_DEFAULT = 'medium';

function writeSearch({ options }: Hosted, asked: Asked): Json {
  const { search_context_size: size, user_location, filters, blocked_domains, max_uses, ...unknown } = options;
  const [name] = Object.keys(unknown).filter((key) => unknown[key] !== null);
  if (name !== undefined) cannot(asked, 'hostedTools', `a web search with ${name.slice(0, 64)}`);
  if (typeof size === 'string' && size !== SIZE_DEFAULT) cannot(asked, 'hostedTools', 'the size of a search');
  const { allowed_domains, ...others } = (filters ?? {}) as Json;
  if (Object.keys(others).length > 0) cannot(asked, 'hostedTools', 'a filter of searches');
  const tool = { type: 'web_search_20250305', name: 'web_search', max_uses, allowed_domains, blocked_domains };
  return withoutNulls({ ...tool, user_location });
}

import {
  type Asked,
  cannot,
  type Json,
  type Prompt,
  safeName,
  type Tool,
  type ToolChoice,
  withoutNulls,
} from '../form/index.ts';

type Hosted = Extract<Tool, { kind: 'hosted' }>;

/** Writes the tools of a request and how they are chosen; search stands beside the tools here, and only once. */
export function writeTools(prompt: Prompt, asked: Asked): Json {
  const [search, ...more] = prompt.tools.filter((tool) => tool.kind === 'hosted');
  if (more.length > 0) cannot(asked, 'hostedTools', 'more than one web search');
  const tools = prompt.tools.flatMap((tool) => (tool.kind === 'hosted' ? [] : [writeTool(tool)]));
  const { toolChoice, parallelToolCalls } = prompt;
  // Without tools, `auto` and `none` say nothing, and OpenAI refuses them.
  const isEmptyTalk = tools.length === 0 && (toolChoice?.kind === 'auto' || toolChoice?.kind === 'none');
  return {
    tools: tools.length > 0 ? tools : null,
    tool_choice: toolChoice && !isEmptyTalk ? writeChoice(toolChoice, prompt.tools) : null,
    parallel_tool_calls: tools.length > 0 ? parallelToolCalls : null,
    web_search_options: search ? writeSearch(search, asked) : null,
  };
}

function writeTool(tool: Exclude<Tool, Hosted>): Json {
  const { description } = tool;
  const name = safeName(tool.name);
  if (tool.kind === 'function') {
    const { parameters, strict } = tool;
    return { type: 'function', function: { name, ...withoutNulls({ description, parameters, strict }) } };
  }
  const format = tool.grammar && { type: 'grammar', grammar: tool.grammar };
  return { type: 'custom', custom: { name, ...withoutNulls({ description, format }) } };
}

function writeChoice(choice: ToolChoice, tools: readonly Tool[]): Json | string {
  if (choice.kind !== 'tool') return choice.kind;
  const isCustom = tools.some((tool) => tool.kind === 'custom' && tool.name === choice.name);
  const type = isCustom ? 'custom' : 'function';
  return { type, [type]: { name: safeName(choice.name) } };
}

function writeSearch({ options }: Hosted, asked: Asked): Json {
  const { search_context_size, user_location, ...unknown } = options;
  const [name] = Object.keys(unknown).filter((key) => unknown[key] !== null);
  if (name !== undefined) cannot(asked, 'hostedTools', `a web search with ${name.slice(0, 64)}`);
  return withoutNulls({ search_context_size, user_location: user_location ? writeLocation(user_location) : null });
}

function writeLocation(location: object): Json {
  const approximate = Object.fromEntries(Object.entries(location).filter(([name]) => name !== 'type'));
  return { type: 'approximate', approximate };
}

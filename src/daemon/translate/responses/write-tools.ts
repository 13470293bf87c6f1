import { type Json, safeName, type Tool, type ToolChoice, withoutNulls } from '../form/index.ts';

/** Writes tools for the provider, each by a name that it takes. */
export function writeTools(tools: readonly Tool[]): readonly Json[] {
  return tools.map((tool) => writeTool(tool, safeName));
}

/** Writes a tool by the name that `nameOf` makes of its own. */
export function writeTool(tool: Tool, nameOf: (name: string) => string): Json {
  if (tool.kind === 'hosted') return { type: tool.name, ...tool.options };
  const name = nameOf(tool.name);
  const { description } = tool;
  if (tool.kind === 'custom') {
    const format = tool.grammar && { type: 'grammar', ...tool.grammar };
    return { type: 'custom', name, ...withoutNulls({ description, format }) };
  }
  // Left out, `strict` would mean that the schema is made strict; elsewhere it means the opposite.
  const { parameters, strict } = tool;
  return { type: 'function', name, ...withoutNulls({ description }), parameters, strict: strict ?? false };
}

export function writeToolChoice(choice: ToolChoice, tools: readonly Tool[], nameOf = safeName): Json | string {
  if (choice.kind !== 'tool') return choice.kind;
  const isCustom = tools.some((tool) => tool.kind === 'custom' && tool.name === choice.name);
  return { type: isCustom ? 'custom' : 'function', name: nameOf(choice.name) };
}

import { clientNames, type Json, type Prompt, type Tool } from '../form/index.ts';
import { writeTool } from './write-tools.ts';

/** A tool of a namespace by one name, as other wires know tools. */
export function namespacedName(namespace: string, name: string): string {
  return `${namespace}__${name}`;
}

export interface CalledTool {
  readonly name: string;
  readonly namespace?: string;
}

/** Gives back what the client called a tool: its name, and the namespace if it has one. */
export function clientTools(prompt: Prompt): (name: string) => CalledTool {
  const nameOf = clientNames(prompt);
  const homes = new Map(
    prompt.tools.flatMap((tool) => (tool.kind !== 'hosted' && tool.home ? [[tool.name, tool.home] as const] : [])),
  );
  return (name) => homes.get(nameOf(name)) ?? { name: nameOf(name) };
}

/** The tools as the client listed them: those of a namespace within it. */
export function namespacedTools(tools: readonly Tool[]): readonly Json[] {
  const namespaces = new Map<string, Json[]>();
  return tools.flatMap((tool) => {
    const home = tool.kind === 'hosted' ? undefined : tool.home;
    const written = writeTool(tool, (name) => home?.name ?? name);
    if (!home) return [written];
    const within = namespaces.get(home.namespace);
    if (within) {
      within.push(written);
      return [];
    }
    const inner = [written];
    namespaces.set(home.namespace, inner);
    return [{ type: 'namespace', name: home.namespace, description: '', tools: inner }];
  });
}

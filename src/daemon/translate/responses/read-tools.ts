import type { Field, Tool, ToolChoice } from '../form/index.ts';
import { namespacedName } from './namespaces.ts';

const FUNCTION_FIELDS = new Set(['type', 'name', 'description', 'parameters', 'strict']);
const CUSTOM_FIELDS = new Set(['type', 'name', 'description', 'format']);
const GRAMMAR_FIELDS = new Set(['type', 'syntax', 'definition']);
const NAMESPACE_FIELDS = new Set(['type', 'name', 'description', 'tools']);
/** What only OpenAI's own tool runner knows; each is silent when it says what is so anyway. */
const RUNNER_FIELDS = ['async', 'defer_loading', 'output_schema', 'allowed_callers'];
const SEARCHES = ['web_search', 'web_search_2025_08_26', 'web_search_preview', 'web_search_preview_2025_03_11'];

/**
 * Reads a list of tools; those of a namespace become tools of their own. What Codex CLI offers beside its own tools is
 * left out, for no other wire has it, and the model does its work without: the search among tools that were held back,
 * and the search of the web by OpenAI's own rules.
 */
export function readTools(tools: Field): readonly Tool[] {
  const all = tools.items();
  const needed = all.filter((tool) => !isMereOffer(tool));
  return (needed.length > 0 ? needed : all).flatMap((tool) => readTool(tool, null));
}

function isMereOffer(tool: Field): boolean {
  const type = tool.at('type').value;
  if (type === 'tool_search') return tool.at('execution').value === 'client';
  return type === 'web_search' && !tool.at('external_web_access').isAbsent;
}

export function readToolChoice(choice: Field): ToolChoice | null {
  if (choice.isAbsent) return null;
  if (typeof choice.value === 'string') return { kind: choice.choice(['auto', 'none', 'required']) ?? 'auto' };
  const type = choice.at('type').text();
  if (type === 'function' || type === 'custom') return { kind: 'tool', name: choice.at('name').text() };
  return choice.at('type').refuse(`cannot be ${JSON.stringify(type.slice(0, 64))} for this model`);
}

function readTool(tool: Field, namespace: string | null): readonly Tool[] {
  const type = tool.at('type').text();
  if (type === 'function') return [readFunction(tool, namespace)];
  if (type === 'custom') return [readCustom(tool, namespace)];
  if (namespace === null && type === 'namespace') {
    const name = tool.only(NAMESPACE_FIELDS).at('name').text();
    return tool
      .at('tools')
      .items()
      .flatMap((inner) => readTool(inner, name));
  }
  if (namespace === null && SEARCHES.includes(type)) return [readSearch(tool)];
  return tool.at('type').refuse(`cannot be ${JSON.stringify(type.slice(0, 64))} for this model`);
}

function readFunction(tool: Field, namespace: string | null): Tool {
  checkFields(tool, FUNCTION_FIELDS);
  return {
    kind: 'function',
    ...readName(tool, namespace),
    description: tool.at('description').textOrNull(),
    parameters: tool.at('parameters').jsonOrNull(),
    strict: tool.at('strict').flag(),
  };
}

function readCustom(tool: Field, namespace: string | null): Tool {
  checkFields(tool, CUSTOM_FIELDS);
  return {
    kind: 'custom',
    ...readName(tool, namespace),
    description: tool.at('description').textOrNull(),
    grammar: readGrammar(tool.at('format')),
  };
}

function readName(tool: Field, namespace: string | null) {
  const name = tool.at('name').text();
  return namespace === null ? { name } : { name: namespacedName(namespace, name), home: { namespace, name } };
}

function checkFields(tool: Field, known: ReadonlySet<string>): void {
  tool.only(new Set([...known, ...RUNNER_FIELDS]));
  for (const name of RUNNER_FIELDS) {
    const field = tool.at(name);
    const isDirect = name === 'allowed_callers' && field.items().every((caller) => caller.value === 'direct');
    if (field.isSaying && !isDirect) field.refuse('cannot be asked of this model');
  }
}

function readGrammar(format: Field): { syntax: string; definition: string } | null {
  if (format.isAbsent || format.only(GRAMMAR_FIELDS).at('type').choice(['text', 'grammar']) !== 'grammar') return null;
  return { syntax: format.at('syntax').text(), definition: format.at('definition').text() };
}

function readSearch(tool: Field): Tool {
  const options = Object.entries(tool.json()).filter(([name, value]) => name !== 'type' && value !== null);
  return { kind: 'hosted', name: 'web_search', options: Object.fromEntries(options) };
}

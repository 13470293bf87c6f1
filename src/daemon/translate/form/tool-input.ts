import { Field } from './field.ts';
import { isObject, type Json } from './lenient.ts';

/** How a custom tool looks on a wire that has functions only: one string, which is its free input. */
export function customToolSchema(grammar: { readonly syntax: string; readonly definition: string } | null): Json {
  const rule = grammar && { description: `Must match this ${grammar.syntax} grammar:\n${grammar.definition}` };
  const properties = { input: { type: 'string', ...rule } };
  return { type: 'object', properties, required: ['input'], additionalProperties: false };
}

/** The arguments of such a function for a custom tool's input. */
export function wrapCustomInput(input: string): string {
  return JSON.stringify({ input });
}

/** The custom tool's input out of the arguments; arguments of another shape are the input as they stand. */
export function unwrapCustomInput(json: string): string {
  const value = parse(json);
  return isObject(value) && typeof value['input'] === 'string' ? value['input'] : json;
}

/**
 * Arguments for a wire that has them as an object. What is no JSON object (models do write such), or is nested deeper than
 * can be written, is kept as text under one name. Integers beyond 2^53 lose digits here: the object went through JSON.parse.
 */
export function inputObject(json: string): Json {
  if (json.trim() === '') return {};
  const value = parse(json);
  return isObject(value) && isWritable(value) ? value : { unparsed: json };
}

/** Arguments as text, from a wire that has them as an object; null when they are nested deeper than can be written. */
export function inputText(value: unknown): string | null {
  if (!isObject(value)) return '{}';
  return isWritable(value) ? JSON.stringify(value) : null;
}

function isWritable(value: Json): boolean {
  try {
    new Field(value).json();
    return true;
  } catch {
    return false;
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

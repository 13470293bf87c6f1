import { Field, isObject } from '../form/index.ts';

/**
 * The same place with its members in camel case: the API takes `system_instruction` as well as `systemInstruction`
 * (protocol buffers, "JSON mapping"). Only this level, for names below may be the client's own.
 */
export function camel(field: Field): Field {
  if (!isObject(field.value)) return field;
  const members = Object.entries(field.value).map(([name, value]) => [camelName(name), value] as const);
  return new Field(Object.fromEntries(members), field.path);
}

function camelName(name: string): string {
  return name.replace(/(?<=[A-Za-z0-9])_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

import type { Field, Json } from '../form/index.ts';
import { camel } from './camel.ts';

/** What this wire says beside JSON Schema: in which order properties come, and an example. */
const LEFT_OUT = new Set(['propertyOrdering', 'example', 'nullable']);
/** Lists of schemas, and counts, which protocol buffers write as text when they have 64 bits. */
const LISTS = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const COUNTS = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']);
const COUNT = /^\d{1,15}$/;

/**
 * A schema of this wire (Gemini API reference, "Schema": part of OpenAPI 3.0, with types in capitals) as JSON Schema.
 * `Field.json` has seen to it that it is not nested deeply.
 * @throws Untranslatable
 */
export function jsonSchemaOf(field: Field): Json {
  field.json();
  return convert(field);
}

function convert(field: Field): Json {
  const schema = camel(field);
  const isNullable = schema.at('nullable').flag() === true;
  const members = Object.keys(schema.json())
    .filter((name) => !LEFT_OUT.has(name) && !schema.at(name).isAbsent)
    .map((name): readonly [string, unknown] => [name, convertMember(name, schema.at(name), isNullable)]);
  return Object.fromEntries(members);
}

function convertMember(name: string, value: Field, isNullable: boolean): unknown {
  if (name === 'type') return convertType(value, isNullable);
  if (name === 'properties' || name === 'defs' || name === '$defs') return convertEach(value);
  if (name === 'items' && typeof value.value === 'object') return convert(value);
  if (name === 'additionalProperties' && typeof value.value === 'object') return convert(value);
  if (LISTS.has(name)) return value.items().map(convert);
  if (COUNTS.has(name) && typeof value.value === 'string' && COUNT.test(value.value)) return Number(value.value);
  if (name === 'enum' && isNullable) return [...value.items().map((item) => item.value), null];
  return value.value;
}

// Names of properties are the client's own and stay as they are.
function convertEach(properties: Field): Json {
  const names = Object.keys(properties.json());
  return Object.fromEntries(names.map((name) => [name, convert(properties.at(name))]));
}

function convertType(type: Field, isNullable: boolean): unknown {
  if (typeof type.value !== 'string') return type.value;
  const name = type.value.toLowerCase();
  return isNullable ? [name, 'null'] : name;
}

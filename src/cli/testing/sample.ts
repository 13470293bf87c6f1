import { z } from 'zod';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly description?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** A value that the schema allows, with one item in each list and something in each field that may be null. */
export function sampleOf(schema: z.ZodType): unknown {
  const root = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as Schema;
  return sample(root, root, '');
}

function sample(schema: Schema, root: Schema, name: string): unknown {
  const shared = schema.$ref ? root.$defs?.[schema.$ref.split('/').at(-1) ?? ''] : undefined;
  if (shared) return sample(shared, root, name);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return sample(schema.anyOf.find((one) => one.type !== 'null') ?? {}, root, name);
  switch (schema.type) {
    case 'object': {
      const fields = Object.entries(schema.properties ?? {});
      return Object.fromEntries(fields.map(([field, inner]) => [field, sample(inner, root, field)]));
    }
    case 'array':
      return [sample(schema.items ?? {}, root, name)];
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return 7;
    case 'string':
      return sampleText(name, schema.description ?? '');
    default:
      return null;
  }
}

function sampleText(name: string, description: string): string {
  if (description.startsWith('Instant') || /(^|_)(at|until|since|from)$/.test(name)) return '2026-11-20T12:00:00.000Z';
  if (name === 'next_cursor') return 'bW9yZQ';
  return /price|cost|input|output|cache|multiplier/.test(name) ? '1.25' : `some-${name || 'text'}`;
}

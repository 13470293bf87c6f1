import { z } from 'zod';
import type { Route } from './route.ts';

type Json = Record<string, unknown>;

const PROBLEM: Json = {
  type: 'object',
  description: 'RFC 9457 problem',
  required: ['type', 'title', 'status', 'code', 'request_id'],
  properties: {
    type: { type: 'string', description: 'Kind of problem' },
    title: { type: 'string', description: 'The kind in words' },
    status: { type: 'integer', description: 'HTTP status' },
    detail: { type: 'string', description: 'What failed and why' },
    code: { type: 'string', description: 'Stable machine code' },
    hint: { type: 'string', description: 'What to do about it' },
    feature: { type: 'string', description: 'The feature that is off' },
    errors: {
      type: 'array',
      description: 'Faults of the input, each with its place',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
    request_id: { type: 'string', description: 'Id of the call, as in the log' },
  },
};

/** The OpenAPI 3.1 document of a list of routes. */
export function buildOpenapi(routes: readonly Route[], version: string): Json {
  const schemas: Json = { Problem: PROBLEM };
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Realms admin API',
      version,
      description: 'Path parameters are percent-encoded, so that model ids with slashes can be written.',
    },
    security: [{ adminToken: [] }],
    paths,
    components: {
      schemas: sortKeys(schemas),
      securitySchemes: {
        adminToken: { type: 'http', scheme: 'bearer', description: 'Not needed on the admin socket' },
      },
    },
  };
}

function operation(route: Route, schemas: Json): Json {
  return {
    operationId: route.operationId,
    summary: route.summary,
    'x-role': route.role,
    ...(route.feature === null ? {} : { 'x-feature': route.feature }),
    ...(route.role === 'open' ? { security: [] } : {}),
    parameters: [...parameters(route.params, 'path', schemas), ...parameters(route.query, 'query', schemas)],
    ...(route.body === null
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: embed(route.body, 'input', schemas) } },
          },
        }),
    responses: {
      [route.status]:
        route.response === null
          ? { description: 'Done' }
          : { description: 'Done', content: { [route.media]: { schema: embed(route.response, 'output', schemas) } } },
      default: {
        description: 'Refused',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

function parameters(schema: z.ZodType, place: 'path' | 'query', schemas: Json): Json[] {
  const object = embed(schema, 'input', schemas) as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(object.properties ?? {}).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || (object.required ?? []).includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

/** The JSON schema for one place; named schemas move to the components and are referred to. */
function embed(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const { $schema: _dialect, $defs, ...own } = z.toJSONSchema(schema, { io }) as Json;
  for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, Json>)) {
    schemas[name] = withoutId(rename(definition));
  }
  const id = schema.meta()?.id;
  if (id === undefined) return rename(own);
  schemas[id] = withoutId(rename(own));
  return { $ref: `#/components/schemas/${id}` };
}

function rename(definition: Json): Json {
  return JSON.parse(JSON.stringify(definition).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
}

/** zod repeats the name as a property `id`, which is no keyword of the dialect. */
function withoutId({ id: _name, ...rest }: Json): Json {
  return rest;
}

function sortKeys(record: Json): Json {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

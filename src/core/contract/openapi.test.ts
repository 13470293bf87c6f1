import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { adminRoutes } from './admin-routes.ts';
import { buildOpenapi } from './openapi.ts';

const golden = new URL('./openapi.json', import.meta.url);

test('the document is the one that was checked in; UPDATE_GOLDENS=1 rewrites it', async () => {
  const text = `${JSON.stringify(buildOpenapi(adminRoutes, '0'), null, 2)}\n`;
  if (process.env['UPDATE_GOLDENS'] === '1') await writeFile(golden, text);
  expect(text).toBe(await readFile(golden, 'utf8'));
});

test('every reference leads to a schema of the document', () => {
  const document = buildOpenapi(adminRoutes, '0') as { components: { schemas: Record<string, unknown> } };
  const references = JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g);
  for (const [, reference = ''] of references) {
    const name = reference.replace('#/components/schemas/', '');
    expect(Object.keys(document.components.schemas), reference).toContain(name);
  }
});

test('every field has a description', () => {
  const bare: string[] = [];
  const visit = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const { properties, ...rest } = value as { properties?: Record<string, Record<string, unknown>> };
    for (const [name, property] of Object.entries(properties ?? {})) {
      if (!('description' in property) && !('$ref' in property)) bare.push(`${place}.${name}`);
      visit(property, `${place}.${name}`);
    }
    for (const [name, part] of Object.entries(rest)) visit(part, `${place}.${name}`);
  };
  const { paths, components } = buildOpenapi(adminRoutes, '0') as { paths: object; components: { schemas: object } };
  const { Problem: _ownWords, ...schemas } = components.schemas as Record<string, unknown>;
  visit(paths, 'paths');
  visit(schemas, 'schemas');
  expect(bare).toEqual([]);
});

import { expect, test } from 'vitest';
import type { z } from 'zod';
import { adminRoutes } from './admin-routes.ts';
import { showModel } from './models.ts';
import { pathOf } from './route.ts';

test('operation ids are unique, and so is each method on a path', () => {
  const ids = adminRoutes.map((route) => route.operationId);
  const places = adminRoutes.map((route) => `${route.method} ${route.path.replace(/:\w+/g, ':')}`);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(places).size).toBe(places.length);
});

test('a route declares exactly the parameters that its path has', () => {
  for (const route of adminRoutes) {
    const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const declared = Object.keys((route.params as z.ZodObject).shape);
    expect(new Set(declared), route.operationId).toEqual(new Set(inPath));
  }
});

test('inputs refuse fields that they do not know', () => {
  for (const route of adminRoutes) {
    for (const schema of [route.params, route.query, route.body]) {
      if (schema === null) continue;
      const issues = schema.safeParse({ surprise: 1 }).error?.issues ?? [];
      expect(
        issues.map((issue) => issue.code),
        route.operationId,
      ).toContain('unrecognized_keys');
    }
  }
});

test('only what reads or tries is open to operators, and only health to everybody', () => {
  const changing = adminRoutes.filter((route) => route.method !== 'GET' && ['operator', 'open'].includes(route.role));
  expect(changing.map((route) => route.operationId)).toEqual([
    'testUpstream',
    'testCredential',
    'readCodexUsage',
    'clearCooldown',
  ]);
  const open = adminRoutes.filter((route) => route.role === 'open');
  expect(open.map((route) => route.operationId)).toEqual(['showHealth', 'showReadiness']);
});

test('parameters are percent-encoded, slashes too', () => {
  expect(pathOf(showModel, { model: 'openai/gpt 5' })).toBe('/admin/models/openai%2Fgpt%205');
});

import { z } from 'zod';
import { instantView, listOf } from './fields.ts';
import { route } from './route.ts';

export const checkView = z
  .object({
    name: z.string().describe('Name of the check'),
    state: z.enum(['ok', 'warn', 'fail']).describe('What came out'),
    detail: z.string().describe('What was found'),
    fix: z.string().optional().describe('What to do about it'),
  })
  .meta({ id: 'Check' });

export const runDoctor = route({
  operationId: 'runDoctor',
  method: 'GET',
  path: '/admin/doctor',
  feature: null,
  role: 'operator',
  summary: 'Check the installation',
  response: z.object({ checks: z.array(checkView).describe('Every check') }),
});

export const migrationView = z
  .object({
    name: z.string().describe('Name of the step'),
    state: z
      .enum(['applied', 'pending', 'changed', 'unknown'])
      .describe('changed: applied with other contents; unknown: applied by a newer Realms'),
    applied_at: instantView.nullable().describe('When it was applied'),
    breaking: z.boolean().describe('Whether an older Realms can no longer run on the schema after it'),
  })
  .meta({ id: 'Migration' });

export const listMigrations = route({
  operationId: 'listMigrations',
  method: 'GET',
  path: '/admin/migrations',
  feature: null,
  role: 'operator',
  summary: 'List the steps of the schema in order',
  response: listOf(migrationView),
});

import { z } from 'zod';
import { anyJson, instantView, listOf, pageQuery } from './fields.ts';
import { route } from './route.ts';

export const auditView = z
  .object({
    id: z.string().describe('Id of the entry'),
    at: instantView.describe('When it happened'),
    actor: z.string().describe('Who did it: local:admin.sock or token:NAME'),
    action: z.string().describe('What was done, such as upstream.create'),
    object: z.string().describe('Id or key of what it was done to'),
    reason: z.string().nullable().describe('Why, as the caller said'),
    before: anyJson.describe('What changed, before; null where there was nothing'),
    after: anyJson.describe('What changed, after; null where nothing is left'),
  })
  .meta({ id: 'AuditEntry' });

export const listAudit = route({
  operationId: 'listAudit',
  method: 'GET',
  path: '/admin/audit',
  feature: null,
  role: 'operator',
  summary: 'List changes made through this API, newest first',
  query: pageQuery,
  response: listOf(auditView),
});

import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const role = z
  .enum(['operator', 'admin', 'root'])
  .describe('What the token may do: operator reads, tests and clears cooldowns');

export const tokenView = z
  .object({
    id: z.string().describe('Id of the token'),
    name: z.string().describe('Unique name, which the audit log shows'),
    role,
    hint: z.string().describe('Head and tail of the token'),
    expires_at: fields.instantView.nullable().describe('Not valid from this instant on'),
    created_at: fields.instantView,
  })
  .meta({ id: 'AdminToken' });

export const newTokenView = tokenView
  .extend({ token: z.string().describe('The token itself; shown this once and stored only as a hash') })
  .meta({ id: 'NewAdminToken' });

export const listTokens = route({
  operationId: 'listTokens',
  method: 'GET',
  path: '/admin/tokens',
  feature: null,
  role: 'root',
  summary: 'List the admin tokens for the API over TCP',
  query: fields.pageQuery,
  response: fields.listOf(tokenView),
});

export const createToken = route({
  operationId: 'createToken',
  method: 'POST',
  path: '/admin/tokens',
  feature: null,
  role: 'root',
  summary: 'Create an admin token; the answer holds its text, once',
  body: z.strictObject({
    name: fields.name,
    role,
    expires_at: fields.instant.optional().describe('Not valid from this instant on; 90 days from now unless given'),
  }),
  status: 201,
  response: newTokenView,
});

export const revokeToken = route({
  operationId: 'revokeToken',
  method: 'DELETE',
  path: '/admin/tokens/:token',
  feature: null,
  role: 'root',
  summary: 'Revoke an admin token; it stops working at once',
  params: z.strictObject({ token: z.string().min(1).max(100).describe('Id or name of the token') }),
  response: null,
});

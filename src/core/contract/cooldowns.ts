import { z } from 'zod';
import { instantView, listOf, ref } from './fields.ts';
import { route } from './route.ts';

export const cooldownView = z
  .object({
    id: z.string().describe('Id of the cooldown'),
    scope: z.enum(['credential', 'credential_model', 'endpoint']).describe('What is left alone meanwhile'),
    upstream_id: z.string().nullable().describe('Id of the upstream'),
    upstream: z.string().nullable().describe('Name of the upstream'),
    credential_id: z.string().nullable().describe('Id of the credential, where one is concerned'),
    credential: z.string().nullable().describe('Name of the credential, where one is concerned'),
    endpoint: z.string().nullable().describe('Base URL, where an endpoint is concerned'),
    model: z.string().nullable().describe('Upstream model, where only one is concerned'),
    since: instantView.describe('When it began'),
    until: instantView.describe('When it ends by itself'),
    reason: z.string().describe('Kind of fault, such as rate_limit or auth'),
    evidence: z.string().describe('What was seen: status and the provider’s code'),
    source: z.string().describe('Where the duration comes from: header, body, rule or default'),
  })
  .meta({ id: 'Cooldown' });

export const listCooldowns = route({
  operationId: 'listCooldowns',
  method: 'GET',
  path: '/admin/cooldowns',
  feature: 'admin_channels',
  role: 'operator',
  summary: 'List the cooldowns in force, the soonest end first',
  query: z.strictObject({ upstream: ref('upstream').optional() }),
  response: listOf(cooldownView),
});

export const clearCooldown = route({
  operationId: 'clearCooldown',
  method: 'DELETE',
  path: '/admin/cooldowns/:cooldown',
  feature: 'admin_channels',
  role: 'operator',
  summary: 'End a cooldown now',
  params: z.strictObject({ cooldown: z.string().min(1).max(100).describe('Id of the cooldown') }),
  response: null,
});

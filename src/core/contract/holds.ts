import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

export const holdView = z
  .object({
    kind: z
      .enum(['request', 'lease'])
      .describe('request: one that runs in the daemon that answers; lease: what a daemon took for its requests'),
    id: z.string().describe('Id of the request or of the lease'),
    user_id: z.string().describe('Id of the user'),
    user: z.string().nullable().describe('Name of the user; null when it is gone'),
    payer: z.enum(['balance', 'subscription']).describe('Of what it is held'),
    subscription_id: z.string().nullable().describe('The subscription, where one pays'),
    plan: z.string().nullable().describe('Code of its plan; null when it has ended'),
    held_usd: z.string().describe('How much, in USD; what requests hold is part of what leases hold'),
    held_usd_micros: z.int().describe('The same in millionths of a dollar'),
    since: fields.instantView.describe('Since when'),
    daemon_id: z.string().nullable().describe('Of a lease: the daemon that has it'),
    expires_at: fields.instantView.nullable().describe('Of a lease: until when it holds without a sign of its daemon'),
  })
  .meta({ id: 'Hold' });

export const listHolds = route({
  operationId: 'listHolds',
  method: 'GET',
  path: '/admin/holds',
  feature: 'billing',
  role: 'operator',
  summary: 'List what is held right now: by requests that run in this daemon, and by the leases of all daemons',
  query: z.strictObject({ user: fields.ref('user').optional() }),
  response: fields.listOf(holdView),
});

import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'admin_channel_groups';

const multiplier = z
  .string()
  .regex(/^\d{1,4}(\.\d{1,6})?$/, 'must be a decimal such as "1.5", with at most six decimals')
  .describe('Price multiplier as a decimal string; "1" is the list price');

const members = z
  .array(z.string().min(1).max(300))
  .max(1000)
  .describe('Members in order: upstreams by name or id, other groups as group:NAME');

export const groupView = z
  .object({
    id: z.string().describe('Id of the group'),
    name: z.string().describe('Unique name'),
    enabled: fields.enabled,
    multiplier: z.string().describe('Price multiplier; "1" is the list price'),
    members: z.array(z.string()).describe('Members in order: names of upstreams, other groups as group:NAME'),
    created_at: fields.instantView,
  })
  .meta({ id: 'Group' });

const groupParams = z.strictObject({ group: fields.ref('group') });

export const listGroups = route({
  operationId: 'listGroups',
  method: 'GET',
  path: '/admin/groups',
  feature: FEATURE,
  role: 'operator',
  summary: 'List groups by name',
  response: fields.listOf(groupView),
});

export const createGroup = route({
  operationId: 'createGroup',
  method: 'POST',
  path: '/admin/groups',
  feature: FEATURE,
  role: 'admin',
  summary: 'Create a group of upstreams',
  body: z.strictObject({ name: fields.name, multiplier: multiplier.optional(), members: members.optional() }),
  status: 201,
  response: groupView,
});

export const showGroup = route({
  operationId: 'showGroup',
  method: 'GET',
  path: '/admin/groups/:group',
  feature: FEATURE,
  role: 'operator',
  summary: 'Show a group',
  params: groupParams,
  response: groupView,
});

export const editGroup = route({
  operationId: 'editGroup',
  method: 'PATCH',
  path: '/admin/groups/:group',
  feature: FEATURE,
  role: 'admin',
  summary: 'Change a group; `members` replaces the whole list',
  params: groupParams,
  body: z.strictObject({
    name: fields.name.optional(),
    enabled: fields.enabled.optional(),
    multiplier: multiplier.optional(),
    members: members.optional(),
  }),
  response: groupView,
});

export const removeGroup = route({
  operationId: 'removeGroup',
  method: 'DELETE',
  path: '/admin/groups/:group',
  feature: FEATURE,
  role: 'admin',
  summary: 'Remove a group',
  params: groupParams,
  response: null,
});

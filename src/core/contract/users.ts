import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'admin_users';

const role = z.enum(['root', 'admin', 'operator', 'user']).describe('What the user may do');
const status = z.enum(['active', 'past_due', 'suspended', 'closed']).describe('Only active accounts are served');

export const userView = z
  .object({
    id: z.string().describe('Id of the user'),
    name: z.string().describe('Unique name'),
    role,
    status,
    ...fields.limitViewFields,
    created_at: fields.instantView,
  })
  .meta({ id: 'User' });

const userParams = z.strictObject({ user: fields.ref('user') });

export const listUsers = route({
  operationId: 'listUsers',
  method: 'GET',
  path: '/admin/users',
  feature: FEATURE,
  role: 'operator',
  summary: 'List users',
  query: fields.pageQuery,
  response: fields.listOf(userView),
});

export const createUser = route({
  operationId: 'createUser',
  method: 'POST',
  path: '/admin/users',
  feature: FEATURE,
  role: 'admin',
  summary: 'Create a user, who can then own keys',
  body: z.strictObject({
    name: fields.name,
    role: role.optional().describe('user unless given; never above the caller’s own role'),
    ...fields.limitFields,
  }),
  status: 201,
  response: userView,
});

export const showUser = route({
  operationId: 'showUser',
  method: 'GET',
  path: '/admin/users/:user',
  feature: FEATURE,
  role: 'operator',
  summary: 'Show a user',
  params: userParams,
  response: userView,
});

export const editUser = route({
  operationId: 'editUser',
  method: 'PATCH',
  path: '/admin/users/:user',
  feature: FEATURE,
  role: 'admin',
  summary: 'Change a user; only what is given changes',
  params: userParams,
  body: z.strictObject({
    name: fields.name.optional(),
    role: role.optional(),
    status: status.optional(),
    ...fields.limitFields,
  }),
  response: userView,
});

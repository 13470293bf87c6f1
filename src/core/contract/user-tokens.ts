import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'admin_users';

export const userTokenView = z
  .object({
    id: z.string().describe('Id of the token'),
    user_id: z.string().describe('Id of its user'),
    user: z.string().nullable().describe('Name of its user'),
    name: z.string().nullable().describe('Name for people to recognise it by'),
    hint: z.string().describe('Head and tail of the token'),
    expires_at: fields.instantView.nullable().describe('Not valid from this instant on; null: never expires'),
    last_used_at: fields.instantView.nullable().describe('Last call, to about a minute; null: never used'),
    created_at: fields.instantView,
  })
  .meta({ id: 'UserToken' });

/** The only answer in which the text of a user token appears. */
export const newUserTokenView = userTokenView
  .extend({ token: z.string().describe('The token itself; shown this once and stored only as a hash') })
  .meta({ id: 'NewUserToken' });

export const listUserTokens = route({
  operationId: 'listUserTokens',
  method: 'GET',
  path: '/admin/user-tokens',
  feature: FEATURE,
  role: 'operator',
  summary: 'List the tokens with which users reach their own account',
  query: z.strictObject({ ...fields.pageFields, user: fields.ref('user').optional() }),
  response: fields.listOf(userTokenView),
});

export const createUserToken = route({
  operationId: 'createUserToken',
  method: 'POST',
  path: '/admin/user-tokens',
  feature: FEATURE,
  role: 'admin',
  summary: 'Create a token for a user’s own account; the answer holds its text, once',
  body: z.strictObject({
    user: fields.ref('user').describe('Owner, by name or id'),
    name: fields.label.optional(),
    expires_at: fields.instant
      .nullable()
      .optional()
      .describe('Not valid from this instant on; 90 days from now unless given; null: never expires'),
  }),
  status: 201,
  response: newUserTokenView,
});

export const revokeUserToken = route({
  operationId: 'revokeUserToken',
  method: 'DELETE',
  path: '/admin/user-tokens/:token',
  feature: FEATURE,
  role: 'admin',
  summary: 'Revoke a user’s token; it stops working at once',
  params: z.strictObject({ token: fields.ref('user token') }),
  response: null,
});

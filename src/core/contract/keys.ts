import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const address = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], { error: 'must be an address or a CIDR' });
const modelGlob = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be printable ASCII without spaces');

const models = z.array(modelGlob).max(200).describe('Models or globs such as gpt-*; empty: all');
const ips = z.array(address).max(200).describe('Addresses or CIDRs that may use it; empty: all');
const groups = z
  .array(z.string().min(1).max(63))
  .max(32)
  .describe('Groups in order of failover; empty: every upstream');
const disconnectPolicy = z
  .enum(['cancel', 'drain', 'estimate'])
  .nullable()
  .describe('What happens to the upstream call when the client goes away; null: the setting decides');

const keyFields = {
  models: models.optional(),
  ips: ips.optional(),
  groups: groups.optional(),
  ...fields.limitFields,
  not_before: fields.instant.nullable().optional().describe('Not valid before this instant'),
  expires_at: fields.instant.nullable().optional().describe('Not valid from this instant on; null: never expires'),
  disconnect_policy: disconnectPolicy.optional(),
};

export const keyView = z
  .object({
    id: z.string().describe('Id of the key'),
    user_id: z.string().describe('Id of its user'),
    user: z.string().nullable().describe('Name of its user'),
    name: z.string().describe('Name for people to recognise it by'),
    hint: z.string().describe('Head and tail of the key'),
    enabled: z.boolean().describe('Whether requests with it are served'),
    models: z.array(z.string()).describe('Models or globs that it may use; empty: all'),
    ips: z.array(z.string()).describe('Addresses or CIDRs that may use it; empty: all'),
    groups: z.array(z.string()).describe('Groups in order of failover; empty: every upstream'),
    ...fields.limitViewFields,
    disconnect_policy: disconnectPolicy,
    not_before: fields.instantView.nullable().describe('Not valid before this instant'),
    expires_at: fields.instantView.nullable().describe('Not valid from this instant on; null: never expires'),
    last_used_at: fields.instantView.nullable().describe('Last request, to about a minute; null: never used'),
    created_at: fields.instantView,
  })
  .meta({ id: 'Key' });

/** The only answer in which the text of a key appears. */
export const newKeyView = keyView
  .extend({ key: z.string().describe('The key itself; shown this once and stored only as a hash') })
  .meta({ id: 'NewKey' });

const keyParams = z.strictObject({ key: fields.ref('key') });

export const listKeys = route({
  operationId: 'listKeys',
  method: 'GET',
  path: '/admin/keys',
  feature: null,
  role: 'operator',
  summary: 'List keys',
  query: z.strictObject({ ...fields.pageFields, user: fields.ref('user').optional() }),
  response: fields.listOf(keyView),
});

export const createKey = route({
  operationId: 'createKey',
  method: 'POST',
  path: '/admin/keys',
  feature: null,
  role: 'admin',
  summary: 'Create a key; the answer holds its text, once',
  body: z.strictObject({ user: fields.ref('user').describe('Owner, by name or id'), name: fields.label, ...keyFields }),
  status: 201,
  response: newKeyView,
});

export const showKey = route({
  operationId: 'showKey',
  method: 'GET',
  path: '/admin/keys/:key',
  feature: null,
  role: 'operator',
  summary: 'Show a key',
  params: keyParams,
  response: keyView,
});

export const editKey = route({
  operationId: 'editKey',
  method: 'PATCH',
  path: '/admin/keys/:key',
  feature: null,
  role: 'admin',
  summary: 'Change a key; only what is given changes',
  params: keyParams,
  body: z.strictObject({
    name: fields.label.optional(),
    enabled: z.boolean().optional().describe('Whether requests with it are served'),
    ...keyFields,
  }),
  response: keyView,
});

export const removeKey = route({
  operationId: 'removeKey',
  method: 'DELETE',
  path: '/admin/keys/:key',
  feature: null,
  role: 'admin',
  summary: 'Remove a key; it stops working at once',
  params: keyParams,
  response: null,
});

export const rotateKey = route({
  operationId: 'rotateKey',
  method: 'POST',
  path: '/admin/keys/:key/rotate',
  feature: null,
  role: 'admin',
  summary: 'Replace the text of a key; the old text stops working at once',
  params: keyParams,
  response: newKeyView,
});

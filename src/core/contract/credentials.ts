import { z } from 'zod';
import { cooldownView } from './cooldowns.ts';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'admin_channels';

const modelLimits = z
  .record(z.string().min(1).max(256), z.strictObject(fields.limitFields))
  .describe('Limits for one upstream model: {"gpt-4o": {"rpm": 60}}');

export const proxyUrl = fields.secretText.describe(
  'Egress proxy, http://user:password@host:port; write-only because it may hold a password',
);

export const credentialView = z
  .object({
    id: z.string().describe('Id of the credential'),
    upstream_id: z.string().describe('Id of the upstream that it opens'),
    upstream: z.string().describe('Name of the upstream that it opens'),
    name: z.string().describe('Name, unique within the upstream'),
    hint: z.string().describe('Head and tail of the secret'),
    fingerprint: z.string().describe('First 12 hex digits of the secret’s SHA-256'),
    enabled: fields.enabled,
    state: z
      .enum(['ready', 'cooling', 'disabled', 'expired', 'unreadable', 'needs_login', 'blocked'])
      .describe(
        'Whether requests can use it now; unreadable: the keyring does not open it, set its key anew; needs_login and blocked: see its ChatGPT account',
      ),
    weight: z.int().describe('Share of the traffic among the credentials of the upstream'),
    has_proxy: z.boolean().describe('Whether it leaves through an egress proxy of its own'),
    ...fields.limitViewFields,
    model_limits: z.record(z.string(), z.object(fields.limitViewFields)).describe('Limits for single upstream models'),
    expires_at: fields.instantView.nullable().describe('Not used from this instant on; null: never expires'),
    created_at: fields.instantView,
    cooldowns: z.array(cooldownView).describe('Cooldowns in force on it or on one model of it'),
  })
  .meta({ id: 'Credential' });

export const testResult = z
  .object({
    credential_id: z.string().describe('Credential that was tried'),
    credential: z.string().describe('Its name'),
    endpoint: z.string().describe('Base URL that was tried'),
    ok: z.boolean().describe('Whether the upstream answered as it should'),
    status: z.int().nullable().describe('HTTP status of the answer; null when there was none'),
    latency_ms: z.number().describe('Time until the answer, in milliseconds'),
    detail: z.string().describe('What happened, in one sentence'),
  })
  .meta({ id: 'TestResult' });

export const testBody = z.strictObject({
  model: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('Upstream model to send a one-token request to; without it only the model list is asked for'),
});

export const testView = z.object({
  ok: z.boolean().describe('Whether every try succeeded'),
  results: z.array(testResult).describe('One entry for each credential and endpoint that was tried'),
});

export const listCredentials = route({
  operationId: 'listCredentials',
  method: 'GET',
  path: '/admin/credentials',
  feature: FEATURE,
  role: 'operator',
  summary: 'List the credentials of all upstreams',
  query: z.strictObject({ upstream: fields.ref('upstream').optional() }),
  response: fields.listOf(credentialView),
});

export const listUpstreamCredentials = route({
  operationId: 'listUpstreamCredentials',
  method: 'GET',
  path: '/admin/upstreams/:upstream/credentials',
  feature: FEATURE,
  role: 'operator',
  summary: 'List the credentials of one upstream',
  params: z.strictObject({ upstream: fields.ref('upstream') }),
  response: fields.listOf(credentialView),
});

export const createCredential = route({
  operationId: 'createCredential',
  method: 'POST',
  path: '/admin/upstreams/:upstream/credentials',
  feature: FEATURE,
  role: 'admin',
  summary: 'Add a credential to an upstream',
  params: z.strictObject({ upstream: fields.ref('upstream') }),
  body: z.strictObject({
    name: fields.name.describe('Name, unique within the upstream'),
    key: fields.secretText.describe('API key of the provider; write-only'),
    weight: fields.weight.optional(),
    proxy_url: proxyUrl.optional(),
    ...fields.limitFields,
    model_limits: modelLimits.optional(),
    expires_at: fields.instant.nullable().optional().describe('Do not use it from this instant on'),
  }),
  status: 201,
  response: credentialView,
});

const credentialParams = z.strictObject({ credential: fields.ref('credential') });

export const editCredential = route({
  operationId: 'editCredential',
  method: 'PATCH',
  path: '/admin/credentials/:credential',
  feature: FEATURE,
  role: 'admin',
  summary: 'Change a credential; only what is given changes',
  params: credentialParams,
  body: z.strictObject({
    name: fields.name.describe('Name, unique within the upstream').optional(),
    key: fields.secretText.optional().describe('New API key of the provider; write-only'),
    enabled: fields.enabled.optional(),
    weight: fields.weight.optional(),
    proxy_url: proxyUrl.nullable().optional().describe('New egress proxy; null: none; write-only'),
    ...fields.limitFields,
    model_limits: modelLimits.optional(),
    expires_at: fields.instant
      .nullable()
      .optional()
      .describe('Do not use it from this instant on; null: never expires'),
  }),
  response: credentialView,
});

export const removeCredential = route({
  operationId: 'removeCredential',
  method: 'DELETE',
  path: '/admin/credentials/:credential',
  feature: FEATURE,
  role: 'admin',
  summary: 'Remove a credential',
  params: credentialParams,
  response: null,
});

export const testCredential = route({
  operationId: 'testCredential',
  method: 'POST',
  path: '/admin/credentials/:credential/test',
  feature: FEATURE,
  role: 'operator',
  summary: 'Ask the upstream whether it accepts the credential',
  params: credentialParams,
  body: testBody,
  response: testView,
});

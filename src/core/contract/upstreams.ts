import { z } from 'zod';
import { cooldownView } from './cooldowns.ts';
import { credentialView, proxyUrl, testBody, testView } from './credentials.ts';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'admin_channels';
const MS_MAX = 2_592_000_000;

const upstreamParams = z.strictObject({ upstream: fields.ref('upstream') });

export const upstreamKind = z
  .enum(['openai', 'codex', 'anthropic', 'gemini'])
  .describe('Protocol that the upstream speaks');

export const errorRule = z.strictObject({
  match: z
    .strictObject({
      status: z.int().min(100).max(599).optional().describe('HTTP status of the answer'),
      code: z.string().min(1).max(200).optional().describe('The provider’s error.code or error.type'),
      contains: z.string().min(1).max(500).optional().describe('Text in the error body, in any case'),
    })
    .describe('All given conditions must hold'),
  retry: z.enum(['continue', 'stop']).describe('Try the next candidate, or answer with this error'),
  cooldown: z.enum(['none', 'credential', 'credential_model', 'endpoint']).describe('What to leave alone for a while'),
  cooldown_ms: z
    .int()
    .min(0)
    .max(MS_MAX)
    .optional()
    .describe('How long; without it, what the error says or the default'),
  present: z
    .strictObject({
      status: z.int().min(400).max(599).describe('HTTP status for the client'),
      message: z.string().min(1).max(1000).describe('Message for the client'),
    })
    .optional()
    .describe('What the client sees instead of the provider’s answer'),
});

export const upstreamWire = z.enum(['chat', 'responses', 'messages', 'gemini']);

const settingFields = {
  wires: z
    .array(upstreamWire)
    .min(1)
    .max(4)
    .describe('APIs that it offers, of those of its kind; requests for another are translated'),
  allow_private: z.boolean().describe('Loopback and private addresses may be dialled'),
  allow_http: z.boolean().describe('Plain http may be used to public addresses'),
  priority: fields.priority,
  weight: fields.weight,
  param_override: z
    .record(z.string().min(1).max(200), fields.anyJson)
    .describe('Top-level request fields to set; null deletes the field'),
  header_override: z
    .record(z.string().min(1).max(200), z.string().max(4096).nullable())
    .describe('Request headers to set; null removes the header'),
  error_rules: z.array(errorRule).max(100).describe('Answers to upstream errors; the first rule that matches decides'),
  inject_stream_usage: z.boolean().describe('Ask for usage in chat streams when the client did not'),
};

export const endpointView = z
  .object({
    id: z.string().describe('Id of the endpoint'),
    base_url: z.string().describe('Base URL, without a slash at the end'),
    priority: z.int().describe('Lower numbers are used first'),
    enabled: fields.enabled,
    cooldowns: z.array(cooldownView).describe('Cooldowns in force on it'),
  })
  .meta({ id: 'Endpoint' });

export const upstreamView = z
  .object({
    id: z.string().describe('Id of the upstream'),
    name: z.string().describe('Unique name'),
    kind: upstreamKind,
    wires: settingFields.wires,
    enabled: fields.enabled,
    state: z
      .enum(['ready', 'cooling', 'disabled', 'unusable'])
      .describe('ready: at least one credential can be used; unusable: no enabled endpoint or credential'),
    ready_credentials: z.int().describe('Credentials that can be used now'),
    total_credentials: z.int().describe('All credentials'),
    priority: z.int().describe('Lower numbers are used first'),
    weight: z.int().describe('Share of the traffic among equals in priority'),
    allow_private: settingFields.allow_private,
    allow_http: settingFields.allow_http,
    param_override: z
      .record(z.string(), fields.anyJson)
      .describe('Top-level request fields that are set; null deletes'),
    header_override: z
      .record(z.string(), z.string().nullable())
      .describe('Request headers that are set; null removes; secrets show as [redacted]'),
    error_rules: z.array(errorRule).describe('Answers to upstream errors; the first rule that matches decides'),
    inject_stream_usage: settingFields.inject_stream_usage,
    endpoints: z.array(endpointView).describe('Base URLs in order of use'),
    credentials: z.array(credentialView).describe('Credentials with their active cooldowns'),
    created_at: fields.instantView,
  })
  .meta({ id: 'Upstream' });

const baseUrl = z
  .string()
  .min(1)
  .max(2048)
  .describe('Base URL including the version, such as https://api.openai.com/v1');

export const listUpstreams = route({
  operationId: 'listUpstreams',
  method: 'GET',
  path: '/admin/upstreams',
  feature: FEATURE,
  role: 'operator',
  summary: 'List upstreams in order of priority',
  response: fields.listOf(upstreamView),
});

export const createUpstream = route({
  operationId: 'createUpstream',
  method: 'POST',
  path: '/admin/upstreams',
  feature: FEATURE,
  role: 'admin',
  summary: 'Add an upstream with its first endpoint and, when a key is given, its first credential',
  body: z.strictObject({
    name: fields.name,
    kind: upstreamKind.optional(),
    wires: settingFields.wires.optional(),
    base_url: baseUrl.optional().describe('Base URL including the version; only the kind openai has no default'),
    key: fields.secretText.optional().describe('API key of the provider; write-only'),
    allow_private: settingFields.allow_private.optional(),
    allow_http: settingFields.allow_http.optional(),
    priority: settingFields.priority.optional(),
    weight: settingFields.weight.optional(),
    param_override: settingFields.param_override.optional(),
    header_override: settingFields.header_override.optional(),
    error_rules: settingFields.error_rules.optional(),
    inject_stream_usage: settingFields.inject_stream_usage.optional(),
    proxy_url: proxyUrl.optional(),
  }),
  status: 201,
  response: upstreamView,
});

export const showUpstream = route({
  operationId: 'showUpstream',
  method: 'GET',
  path: '/admin/upstreams/:upstream',
  feature: FEATURE,
  role: 'operator',
  summary: 'Show an upstream',
  params: upstreamParams,
  response: upstreamView,
});

export const editUpstream = route({
  operationId: 'editUpstream',
  method: 'PATCH',
  path: '/admin/upstreams/:upstream',
  feature: FEATURE,
  role: 'admin',
  summary: 'Change an upstream; only what is given changes',
  params: upstreamParams,
  body: z.strictObject({
    name: fields.name.optional(),
    wires: settingFields.wires.optional(),
    enabled: fields.enabled.optional(),
    allow_private: settingFields.allow_private.optional(),
    allow_http: settingFields.allow_http.optional(),
    priority: settingFields.priority.optional(),
    weight: settingFields.weight.optional(),
    param_override: settingFields.param_override.optional(),
    header_override: settingFields.header_override.optional(),
    error_rules: settingFields.error_rules.optional(),
    inject_stream_usage: settingFields.inject_stream_usage.optional(),
  }),
  response: upstreamView,
});

export const removeUpstream = route({
  operationId: 'removeUpstream',
  method: 'DELETE',
  path: '/admin/upstreams/:upstream',
  feature: FEATURE,
  role: 'admin',
  summary: 'Remove an upstream with its endpoints, credentials and model bindings',
  params: upstreamParams,
  response: null,
});

export const testUpstream = route({
  operationId: 'testUpstream',
  method: 'POST',
  path: '/admin/upstreams/:upstream/test',
  feature: FEATURE,
  role: 'operator',
  summary: 'Try every enabled endpoint with every enabled credential',
  params: upstreamParams,
  body: testBody,
  response: testView,
});

export const createEndpoint = route({
  operationId: 'createEndpoint',
  method: 'POST',
  path: '/admin/upstreams/:upstream/endpoints',
  feature: FEATURE,
  role: 'admin',
  summary: 'Add an endpoint to an upstream',
  params: upstreamParams,
  body: z.strictObject({ base_url: baseUrl, priority: fields.priority.optional() }),
  status: 201,
  response: upstreamView,
});

export const removeEndpoint = route({
  operationId: 'removeEndpoint',
  method: 'DELETE',
  path: '/admin/upstreams/:upstream/endpoints/:endpoint',
  feature: FEATURE,
  role: 'admin',
  summary: 'Remove an endpoint from an upstream',
  params: z.strictObject({
    upstream: fields.ref('upstream'),
    endpoint: z.string().min(1).max(2048).describe('Id of the endpoint, or its base URL'),
  }),
  response: upstreamView,
});

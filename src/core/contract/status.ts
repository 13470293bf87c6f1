import { z } from 'zod';
import { featureName } from './feature-name.ts';
import { anyJson, instantView } from './fields.ts';
import { route } from './route.ts';

export const statusView = z
  .object({
    version: z.string().describe('Version of the daemon'),
    node: z.string().describe('Version of Node'),
    pid: z.int().describe('Process id'),
    started_at: instantView.describe('When the daemon started'),
    uptime_ms: z.int().describe('Time since then'),
    draining: z.boolean().describe('Whether it is stopping and takes no new requests'),
    listeners: z
      .object({
        public: z.string().nullable().describe('Address of the relay'),
        admin_socket: z.string().nullable().describe('Path of the admin socket'),
        admin: z.string().nullable().describe('Address of the admin API over TCP; null: off'),
      })
      .describe('Where it listens'),
    database: z
      .object({
        dialect: z.enum(['sqlite', 'postgres']).describe('Kind of database'),
        version: z.string().describe('Its version'),
      })
      .describe('Database'),
    self_mode: z.boolean().describe('Whether self mode is on'),
    features_off: z.array(featureName).describe('Features that are off'),
    upstreams: z
      .object({
        total: z.int().describe('All upstreams'),
        ready: z.int().describe('With a credential that can be used now'),
        cooling: z.int().describe('With cooling credentials only'),
        disabled: z.int().describe('Switched off'),
        unusable: z.int().describe('Without an enabled endpoint or credential'),
      })
      .describe('Upstreams by state'),
    credentials: z
      .object({ total: z.int().describe('All'), ready: z.int().describe('That can be used now') })
      .describe('Credentials'),
    models: z
      .object({ total: z.int().describe('All'), unpriced: z.int().describe('Without a price') })
      .describe('Models'),
    keys: z.int().describe('Keys'),
    users: z.int().describe('Users'),
    relay: z
      .object({
        inflight: z.int().describe('Requests running now'),
        streams: z.int().describe('Of them, streams'),
        requests: z.int().describe('Requests since the start'),
        failures: z.int().describe('Of them, failed or refused'),
        usage_queued: z.int().describe('Usage events not yet written'),
      })
      .describe('Relay'),
  })
  .meta({ id: 'Status' });

export const showStatus = route({
  operationId: 'showStatus',
  method: 'GET',
  path: '/admin/status',
  feature: null,
  role: 'operator',
  summary: 'Show what the daemon is doing',
  response: statusView,
});

const HEALTH = z.object({
  status: z.enum(['ok', 'unavailable']).describe('ok, or unavailable with status 503'),
  detail: z.string().optional().describe('What is missing'),
});

export const showHealth = route({
  operationId: 'showHealth',
  method: 'GET',
  path: '/healthz',
  feature: null,
  role: 'open',
  summary: 'Whether the process answers',
  response: HEALTH,
});

export const showReadiness = route({
  operationId: 'showReadiness',
  method: 'GET',
  path: '/readyz',
  feature: null,
  role: 'open',
  summary: 'Whether the daemon can take requests: the database answers and it is not stopping',
  response: HEALTH,
});

export const showMetrics = route({
  operationId: 'showMetrics',
  method: 'GET',
  path: '/metrics',
  feature: null,
  role: 'operator',
  summary: 'Metrics in the Prometheus text format',
  media: 'text/plain',
  response: z.string().describe('Prometheus exposition'),
});

export const showOpenapi = route({
  operationId: 'showOpenapi',
  method: 'GET',
  path: '/admin/openapi.json',
  feature: null,
  role: 'operator',
  summary: 'This API as an OpenAPI 3.1 document',
  response: z.record(z.string(), anyJson).describe('OpenAPI document'),
});

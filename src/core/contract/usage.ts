import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const outcome = z
  .enum(['completed', 'incomplete', 'client_gone', 'failed', 'refused'])
  .describe('How the request ended');

const tokenFields = {
  input_tokens: z.int().describe('Input tokens, cached and cache-write ones included'),
  cached_input_tokens: z.int().describe('Input tokens read from the provider’s cache'),
  cache_write_5m_tokens: z.int().describe('Input tokens written to the cache for 5 minutes'),
  cache_write_1h_tokens: z.int().describe('Input tokens written to the cache for 1 hour'),
  output_tokens: z.int().describe('Output tokens, reasoning included'),
  reasoning_tokens: z.int().describe('Output tokens spent on reasoning'),
};

export const usageEventView = z
  .object({
    id: z.string().describe('Id of the request'),
    at: fields.instantView.describe('When the request came'),
    user_id: z.string().describe('Id of the user'),
    user: z.string().nullable().describe('Name of the user; null when it is gone'),
    key_id: z.string().describe('Id of the key'),
    key: z.string().nullable().describe('Name of the key; null when it is gone'),
    endpoint: z.string().describe('Path that was called'),
    model: z.string().describe('Model as resolved'),
    upstream_model: z.string().nullable().describe('Model that was asked of the upstream'),
    served_model: z.string().nullable().describe('Model that the upstream says it served'),
    upstream_id: z.string().nullable().describe('Id of the upstream; null when none was reached'),
    upstream: z.string().nullable().describe('Name of the upstream'),
    credential_id: z.string().nullable().describe('Id of the credential'),
    group: z.string().nullable().describe('Group through which the upstream was found'),
    multiplier: z.string().describe('Price multiplier of that group'),
    outcome,
    status: z.int().describe('HTTP status for the client'),
    error_code: z.string().nullable().describe('Code of the error, if one was answered'),
    stream: z.boolean().describe('Whether the answer was a stream'),
    attempts: z.int().describe('Upstream calls made'),
    usage: z.object(tokenFields).nullable().describe('Tokens; null when nothing is known'),
    usage_source: z.enum(['upstream', 'drained', 'estimated', 'none']).describe('Where the token counts come from'),
    service_tier: z.string().nullable().describe('Service tier that was served'),
    price_id: z.string().nullable().describe('Version of the prices that was used'),
    cost_usd: z.string().nullable().describe('Cost in USD, multipliers included; null when the model has no price'),
    cost_usd_micros: z.int().nullable().describe('The same in millionths of a dollar'),
    payer: z.enum(['free', 'balance', 'subscription']).describe('Who paid; free: nobody had to'),
    payer_id: z.string().nullable().describe('Id of the user whose balance paid, or of the subscription'),
    payer_multiplier: z.string().describe('Price multiplier of the payer, beside that of the group'),
    reserved_usd: z.string().nullable().describe('What was held before it ran, in USD; null when nothing had to be'),
    charged_usd: z.string().describe('What the payer was charged, in USD'),
    charged_usd_micros: z.int().describe('The same in millionths of a dollar'),
    duration_ms: z.number().describe('From the first byte of the request to the last of the answer'),
    first_output_ms: z.number().nullable().describe('Until the first output reached the client'),
    request_bytes: z.int().describe('Size of the request body'),
    response_bytes: z.int().describe('Size of the answer'),
  })
  .meta({ id: 'UsageEvent' });

const filterFields = {
  user: fields.ref('user').optional(),
  key: fields.ref('key').optional(),
  model: fields.modelName.optional().describe('Public model id'),
  upstream: fields.ref('upstream').optional(),
  outcome: outcome.optional(),
  since: fields.instant.optional().describe('From this instant on'),
  until: fields.instant.optional().describe('Before this instant'),
};

export const listUsage = route({
  operationId: 'listUsage',
  method: 'GET',
  path: '/admin/usage',
  feature: 'admin_usage',
  role: 'operator',
  summary: 'List relayed requests, newest first',
  query: z.strictObject({
    ...fields.pageFields,
    ...filterFields,
  }),
  response: fields.listOf(usageEventView),
});

export const summariseUsage = route({
  operationId: 'summariseUsage',
  method: 'GET',
  path: '/admin/usage/summary',
  feature: 'admin_usage',
  role: 'operator',
  summary: 'Sum requests, tokens and cost',
  query: z.strictObject({
    by: z.enum(['model', 'user', 'key', 'upstream', 'day']).optional().describe('One row for each; model unless given'),
    ...filterFields,
  }),
  response: z.object({
    by: z.enum(['model', 'user', 'key', 'upstream', 'day']).describe('What the rows stand for'),
    items: z
      .array(
        z.object({
          group: z.string().describe('Model, id or day (UTC); "-": no upstream was reached'),
          label: z.string().nullable().describe('Name of the user, key or upstream, while it exists'),
          requests: z.int().describe('Requests'),
          failures: z.int().describe('Requests that did not complete'),
          input_tokens: tokenFields.input_tokens,
          cached_input_tokens: tokenFields.cached_input_tokens,
          output_tokens: tokenFields.output_tokens,
          reasoning_tokens: tokenFields.reasoning_tokens,
          cost_usd: z.string().describe('Cost in USD; requests without a price count nothing'),
          cost_usd_micros: z.int().describe('The same in millionths of a dollar'),
          charged_usd: z.string().describe('What was charged for them, in USD'),
          charged_usd_micros: z.int().describe('The same in millionths of a dollar'),
          unpriced: z.int().describe('Requests whose model had no price, so that their cost is not in the sum'),
        }),
      )
      .describe('Rows, the costliest first; days in order'),
    next_cursor: z.null().describe('Always null: a summary has one page'),
  }),
});

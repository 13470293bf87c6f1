import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'billing';

const settings = z
  .record(z.string().min(1).max(64), z.union([z.string().max(4096), z.number(), z.boolean(), z.null()]))
  .describe('What the provider needs to know, e.g. gateway and pid; in an edit null takes one away');

const secretValue = z.string().max(16_384);
const secrets = z
  .record(z.string().min(1).max(64), z.union([secretValue, z.array(secretValue).min(1).max(5), z.null()]))
  .describe('Secrets by name; a list while one replaces another; in an edit null takes one away; write-only');

export const paymentChannelView = z
  .object({
    id: z.string().describe('Id of the channel'),
    name: z.string().describe('Unique name'),
    provider: z.string().describe('Provider of payments'),
    enabled: z.boolean().describe('Whether it takes orders and callbacks'),
    livemode: z.boolean().describe('Whether real money moves'),
    allow_private: z.boolean().describe('Whether its provider may have a private address'),
    settings: z.record(z.string(), fields.anyJson).describe('What the provider needs to know'),
    secrets: z
      .array(z.string())
      .nullable()
      .describe('Names of the secrets that are set; null: the keyring does not open them'),
    managed_by: z.enum(['operator', 'config']).describe('Who decides about it: an operator, or the configuration'),
    callback_path: z.string().describe('Path at which the provider calls back'),
    created_at: fields.instantView,
  })
  .meta({ id: 'PaymentChannel' });

export const listPaymentChannels = route({
  operationId: 'listPaymentChannels',
  method: 'GET',
  path: '/admin/payment-channels',
  feature: FEATURE,
  role: 'root',
  summary: 'List the payment channels, by name',
  response: fields.listOf(paymentChannelView),
});

export const createPaymentChannel = route({
  operationId: 'createPaymentChannel',
  method: 'POST',
  path: '/admin/payment-channels',
  feature: FEATURE,
  role: 'root',
  summary: 'Add a payment channel; it is enabled when its secrets are complete',
  body: z.strictObject({
    name: fields.name,
    provider: z.string().min(1).max(40).describe('Provider of payments, e.g. stripe, epay, manual or balance'),
    settings: settings.optional(),
    secrets: secrets.optional(),
    allow_private: z.boolean().optional().describe('Whether its provider may have a private address'),
    enabled: z.boolean().optional().describe('False: not yet; true: refuse it when a secret is missing'),
  }),
  status: 201,
  response: paymentChannelView,
});

const channelParams = z.strictObject({ channel: fields.ref('payment channel') });

export const showPaymentChannel = route({
  operationId: 'showPaymentChannel',
  method: 'GET',
  path: '/admin/payment-channels/:channel',
  feature: FEATURE,
  role: 'root',
  summary: 'Show a payment channel',
  params: channelParams,
  response: paymentChannelView,
});

export const editPaymentChannel = route({
  operationId: 'editPaymentChannel',
  method: 'PATCH',
  path: '/admin/payment-channels/:channel',
  feature: FEATURE,
  role: 'root',
  summary: 'Change a payment channel; only what is given changes, and one of the configuration becomes the operator’s',
  params: channelParams,
  body: z.strictObject({
    name: fields.name.optional(),
    enabled: z.boolean().optional().describe('Whether it takes orders and callbacks'),
    settings: settings.optional(),
    secrets: secrets.optional(),
    allow_private: z.boolean().optional().describe('Whether its provider may have a private address'),
  }),
  response: paymentChannelView,
});

export const removePaymentChannel = route({
  operationId: 'removePaymentChannel',
  method: 'DELETE',
  path: '/admin/payment-channels/:channel',
  feature: FEATURE,
  role: 'root',
  summary: 'Remove a payment channel that never had an order',
  params: channelParams,
  response: null,
});

export const resetPaymentChannel = route({
  operationId: 'resetPaymentChannel',
  method: 'POST',
  path: '/admin/payment-channels/:channel/reset',
  feature: FEATURE,
  role: 'root',
  summary: 'Let the configuration decide about a payment channel again',
  params: channelParams,
  response: paymentChannelView,
});

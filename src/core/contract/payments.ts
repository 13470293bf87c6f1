import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'billing';

const callbackState = z
  .enum(['received', 'applied', 'retry', 'refused', 'ignored'])
  .describe('applied ones do nothing when they come again; all others are looked at anew');

export const callbackView = z
  .object({
    id: z.string().describe('Id of the callback'),
    channel_id: z.string().describe('Id of the payment channel'),
    channel: z.string().nullable().describe('Name of the payment channel'),
    type: z.string().describe('What the provider calls it'),
    event_key: z.string().describe('Key of the event at the provider, unique within the channel'),
    state: callbackState,
    verdict: z.string().describe('What became of it, e.g. applied, amount_mismatch or not_authentic'),
    error: z.string().nullable().describe('More about the verdict'),
    order_id: z.string().nullable().describe('Id of the order that it is about'),
    deliveries: z.int().describe('How often it came'),
    attempts: z.int().describe('How often it was tried'),
    next_at: fields.instantView.nullable().describe('When it is tried again'),
    received_at: fields.instantView,
    updated_at: fields.instantView,
  })
  .meta({ id: 'PaymentCallback' });

export const callbackDetailView = callbackView
  .extend({
    shown: z.string().describe('The callback with secrets and signatures masked'),
    facts: z.array(fields.anyJson).describe('What it says happened'),
  })
  .meta({ id: 'PaymentCallbackDetail' });

const refundState = z
  .enum(['requested', 'submitted', 'succeeded', 'failed', 'unknown'])
  .describe('unknown: nobody knows whether the provider did it; it is never sent again');

export const refundView = z
  .object({
    id: z.string().describe('Id of the refund'),
    payment_id: z.string().describe('Id of the payment that goes back'),
    order_id: z.string().describe('Id of its order'),
    amount: z.string().describe('Amount, in the currency'),
    currency: z.string().describe('ISO 4217'),
    state: refundState,
    refund_ref: z.string().nullable().describe('Id of it at the provider'),
    reason: z.string().describe('Why it was made'),
    actor: z.string().describe('Who made it'),
    error: z.string().nullable().describe('What the provider said'),
    next_at: fields.instantView.nullable().describe('When something is done about it again'),
    created_at: fields.instantView,
    updated_at: fields.instantView,
  })
  .meta({ id: 'Refund' });

const differenceState = z
  .enum(['open', 'explained', 'fixed'])
  .describe('explained: a person said why it is so; fixed: it was looked for and is gone');

export const differenceView = z
  .object({
    id: z.string().describe('Id of the difference'),
    kind: z.string().describe('What differs'),
    subject: z.string().describe('What it is about'),
    state: differenceState,
    detail: z.string().describe('What was found'),
    channel_id: z.string().nullable().describe('Id of the payment channel'),
    order_id: z.string().nullable().describe('Id of the order'),
    note: z.string().nullable().describe('How a person explained it'),
    created_at: fields.instantView,
    seen_at: fields.instantView.describe('When it was found last'),
  })
  .meta({ id: 'PaymentDifference' });

export const reconReportView = z
  .object({
    ok: z.boolean().describe('Whether no difference is open'),
    channels: z.int().describe('Channels that were looked at'),
    asked: z.int().describe('Payments about which a provider was asked'),
    listed: z.int().describe('Payments in the lists of providers'),
    found: z.int().describe('Payments that became paid here by it'),
    open: z.int().describe('Differences that are open, also from before'),
    items: z.array(differenceView).describe('The newest of them'),
  })
  .meta({ id: 'ReconReport' });

export const listCallbacks = route({
  operationId: 'listCallbacks',
  method: 'GET',
  path: '/admin/payments/inbox',
  feature: FEATURE,
  role: 'operator',
  summary: 'List the callbacks of providers',
  query: z.strictObject({
    ...fields.pageFields,
    state: callbackState.optional(),
    channel: fields.ref('payment channel').optional(),
  }),
  response: fields.listOf(callbackView),
});

const callbackParams = z.strictObject({ callback: z.string().min(1).max(64).describe('Id of the callback') });

export const showCallback = route({
  operationId: 'showCallback',
  method: 'GET',
  path: '/admin/payments/inbox/:callback',
  feature: FEATURE,
  role: 'operator',
  summary: 'Show a callback and what it says',
  params: callbackParams,
  response: callbackDetailView,
});

export const replayCallback = route({
  operationId: 'replayCallback',
  method: 'POST',
  path: '/admin/payments/inbox/:callback/replay',
  feature: FEATURE,
  role: 'root',
  summary: 'Apply a callback once more; what was applied before is not applied twice',
  params: callbackParams,
  response: callbackDetailView,
});

export const listRefunds = route({
  operationId: 'listRefunds',
  method: 'GET',
  path: '/admin/payments/refunds',
  feature: FEATURE,
  role: 'operator',
  summary: 'List refunds',
  query: z.strictObject({ ...fields.pageFields, state: refundState.optional() }),
  response: fields.listOf(refundView),
});

export const createRefund = route({
  operationId: 'createRefund',
  method: 'POST',
  path: '/admin/payments/refunds',
  feature: FEATURE,
  role: 'root',
  summary: 'Send money back to the payer; the provider is asked once and never again',
  body: z.strictObject({
    of: z.string().min(1).max(64).describe('Number or id of the order, or id of the payment where it has several'),
    amount: z.string().max(40).optional().describe('In the currency of the payment; absent: all that is left'),
    reason: z.string().min(1).max(500).describe('Why; kept with the refund'),
  }),
  status: 201,
  response: refundView,
});

const refundParams = z.strictObject({ refund: z.string().min(1).max(64).describe('Id of the refund') });

export const showRefund = route({
  operationId: 'showRefund',
  method: 'GET',
  path: '/admin/payments/refunds/:refund',
  feature: FEATURE,
  role: 'operator',
  summary: 'Show a refund',
  params: refundParams,
  response: refundView,
});

export const settleRefund = route({
  operationId: 'settleRefund',
  method: 'POST',
  path: '/admin/payments/refunds/:refund/settle',
  feature: FEATURE,
  role: 'root',
  summary: 'Say what became of a refund of which nobody knows it',
  params: refundParams,
  body: z.strictObject({
    outcome: z.enum(['succeeded', 'failed']).describe('Whether the money went back'),
    reason: z.string().min(1).max(500).describe('How you know'),
  }),
  response: refundView,
});

export const reconcilePayments = route({
  operationId: 'reconcilePayments',
  method: 'POST',
  path: '/admin/payments/reconcile',
  feature: FEATURE,
  role: 'admin',
  summary: 'Ask every provider about open and recent payments, apply what was missed, and report what differs',
  body: z.strictObject({ days: z.int().min(1).max(90).optional().describe('How far back to look; 7 unless given') }),
  response: reconReportView,
});

export const listDifferences = route({
  operationId: 'listDifferences',
  method: 'GET',
  path: '/admin/payments/reconcile/items',
  feature: FEATURE,
  role: 'operator',
  summary: 'List what differs between the books and the providers',
  query: z.strictObject({ ...fields.pageFields, state: differenceState.optional() }),
  response: fields.listOf(differenceView),
});

export const explainDifference = route({
  operationId: 'explainDifference',
  method: 'POST',
  path: '/admin/payments/reconcile/items/:item/explain',
  feature: FEATURE,
  role: 'root',
  summary: 'Say why a difference is as it is, so that it is not reported any more',
  params: z.strictObject({ item: z.string().min(1).max(64).describe('Id of the difference') }),
  body: z.strictObject({ note: z.string().min(1).max(500).describe('Why it is as it is') }),
  response: differenceView,
});

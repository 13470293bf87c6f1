import { z } from 'zod';
import * as fields from './fields.ts';
import { callbackView, differenceView, refundView } from './payments.ts';
import { route } from './route.ts';

const FEATURE = 'billing';

const kind = z.enum(['topup', 'subscription']).describe('What is bought: balance, or time on a plan');
const state = z
  .enum(['pending', 'paid', 'fulfilled', 'canceled', 'expired', 'failed', 'paid_late'])
  .describe('paid_late: the money came when the order was over, and was credited or queued to go back');

export const orderView = z
  .object({
    id: z.string().describe('Id of the order'),
    kind,
    number: z.string().describe('Unguessable number, which users and return pages see'),
    user_id: z.string().describe('Id of the buyer'),
    user: z.string().nullable().describe('Name of the buyer'),
    state,
    amount: z.string().describe('Amount to pay, in the currency'),
    amount_minor: z.int().describe('Amount in the smallest unit of the currency'),
    currency: z.string().describe('ISO 4217'),
    rate: z.string().describe('Units of the currency for one US dollar, when it was made'),
    credit_usd: z.string().describe('What it is worth as balance, in dollars'),
    plan_version_id: z.string().nullable().describe('What was bought; null for a top-up'),
    plan: z.string().nullable().describe('Code of the plan'),
    channel_id: z.string().describe('Id of the payment channel'),
    channel: z.string().nullable().describe('Name of the payment channel'),
    provider: z.string().describe('Provider of payments'),
    method: z.string().describe('Way to pay at the provider; empty: the payer chooses there'),
    created_at: fields.instantView,
    expires_at: fields.instantView.describe('It can be paid until then'),
    paid_at: fields.instantView.nullable().describe('When its money came'),
    fulfilled_at: fields.instantView.nullable().describe('When what was bought was given'),
  })
  .meta({ id: 'Order' });

const orderEventView = z.object({
  at: fields.instantView,
  kind: z.string().describe('What happened'),
  actor: z.string().describe('Who did it'),
  detail: fields.anyJson.describe('Facts about it'),
});

const paymentView = z.object({
  id: z.string().describe('Id of the attempt'),
  state: z.string().describe('What became of it'),
  reference: z.string().describe('What the provider knows it by'),
  provider_ref: z.string().nullable().describe('Id of it at the provider'),
  payment_ref: z.string().nullable().describe('Id of the payment itself at the provider'),
  subscription_ref: z.string().nullable().describe('Subscription at the provider that it began'),
  renewal: z.enum(['none', 'running', 'ended']).describe('Whether the provider goes on to collect'),
  by_hand: z.boolean().describe('Root said that it was paid'),
  amount: z.string().describe('Amount, in the currency'),
  currency: z.string().describe('ISO 4217'),
  credited_usd: z.string().describe('What of it is in the books, in dollars'),
  credited_to: z.string().nullable().describe('Account that got it; null until it is paid'),
  refunded: z.string().describe('What went back, in the currency'),
  disputed: z.string().describe('What is or was disputed, in the currency'),
  dispute: z.enum(['none', 'open', 'won', 'lost']).describe('What became of the dispute'),
  asked: z.int().describe('How often the provider was asked about it'),
  next_ask_at: fields.instantView.nullable().describe('When it is asked again'),
  created_at: fields.instantView,
  paid_at: fields.instantView.nullable().describe('When it was paid'),
});

const movedView = z.object({
  id: z.string().describe('Id of the transfer'),
  at: fields.instantView,
  debit_account: z.string().describe('Account that it came from'),
  credit_account: z.string().describe('Account that it went to'),
  amount_usd: z.string().describe('Amount in dollars'),
  actor: z.string().describe('Who caused it'),
});

export const orderStoryView = orderView
  .extend({
    events: z.array(orderEventView).describe('What it went through, oldest first'),
    payments: z.array(paymentView).describe('Attempts to pay it, oldest first'),
    callbacks: z.array(callbackView).describe('Callbacks about it with their verdicts, oldest first'),
    refunds: z.array(refundView).describe('Refunds, oldest first'),
    transfers: z.array(movedView).describe('How money moved for it, oldest first'),
    differences: z.array(differenceView).describe('What did not fit, oldest first'),
  })
  .meta({ id: 'OrderStory' });

export const listOrders = route({
  operationId: 'listOrders',
  method: 'GET',
  path: '/admin/orders',
  feature: FEATURE,
  role: 'operator',
  summary: 'List orders',
  query: z.strictObject({
    ...fields.pageFields,
    kind: kind.optional(),
    state: state.optional(),
    user: fields.ref('user').optional(),
    channel: fields.ref('payment channel').optional(),
  }),
  response: fields.listOf(orderView),
});

const orderParams = z.strictObject({
  order: z.string().min(1).max(64).describe('Number, id, or unique beginning of an id of the order'),
});

export const showOrder = route({
  operationId: 'showOrder',
  method: 'GET',
  path: '/admin/orders/:order',
  feature: FEATURE,
  role: 'operator',
  summary: 'Show an order and everything that it went through',
  params: orderParams,
  response: orderStoryView,
});

export const markOrderPaid = route({
  operationId: 'markOrderPaid',
  method: 'POST',
  path: '/admin/orders/:order/mark-paid',
  feature: FEATURE,
  role: 'root',
  summary: 'Say that the whole of an order was paid by another way; what was bought is given at once',
  params: orderParams,
  body: z.strictObject({
    reference: z
      .string()
      .min(1)
      .max(120)
      .describe('What names the money elsewhere; never used for two orders of a channel'),
  }),
  response: orderView,
});

export const cancelOrder = route({
  operationId: 'cancelOrder',
  method: 'POST',
  path: '/admin/orders/:order/cancel',
  feature: FEATURE,
  role: 'root',
  summary: 'Cancel an order that waits for its payment; what is paid all the same is credited or sent back',
  params: orderParams,
  response: orderView,
});

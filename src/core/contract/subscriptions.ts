import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'billing';

const standing = z.enum(['queued', 'active', 'past_due', 'expired', 'canceled', 'revoked']);

const window = z.object({
  span: z.enum(['5h', '1d', '7d', '30d']).describe('Length of the window'),
  limit_usd: z.string().describe('What may be used within it, in USD'),
  used_usd: z.string().describe('What was used, in USD; may pass the limit, since what was served is charged'),
  held_usd: z.string().describe('Put aside for requests that run, in USD'),
  left_usd: z.string().describe('What new requests may use, in USD'),
  used_usd_micros: z.int().describe('What was used, in millionths of a dollar'),
  left_usd_micros: z.int().describe('What new requests may use, in millionths of a dollar'),
  started_at: fields.instantView.nullable().describe('When it was opened; null: the next use opens it'),
  resets_at: fields.instantView.nullable().describe('When it is empty again; null: it is not open'),
});

export const subscriptionView = z
  .object({
    id: z.string().describe('Id of the subscription'),
    user_id: z.string().describe('Id of the user'),
    user: z.string().nullable().describe('Name of the user; null when it is gone'),
    plan: z.string().describe('Code of the plan'),
    plan_version: z.int().describe('Number of the version that was bought'),
    state: standing.describe('What it is now; only active ones pay for requests'),
    starts_at: fields.instantView,
    ends_at: fields.instantView,
    renews: z.boolean().describe('The payment provider will renew it'),
    cancel_reason: z.string().nullable().describe('Why it was canceled'),
    source: z.string().describe('What began it'),
    windows: z.array(window).describe('What is left, the shortest window first; empty: unlimited'),
    created_at: fields.instantView,
  })
  .meta({ id: 'Subscription' });

const grantView = z.object({
  source: z.string().describe('Order, code, invoice or operator that gave the time'),
  starts_at: fields.instantView,
  ends_at: fields.instantView,
  revoked_at: fields.instantView.nullable().describe('When it was taken back'),
  at: fields.instantView.describe('When it was given'),
});

export const subscriptionDetailView = subscriptionView
  .extend({ grants: z.array(grantView).describe('What gave it its time, in order') })
  .meta({ id: 'SubscriptionDetail' });

export const grantedSubscriptionView = subscriptionDetailView
  .extend({ repeated: z.boolean().describe('True: this key had given it before, and nothing was given now') })
  .meta({ id: 'GrantedSubscription' });

const subscriptionParams = z.strictObject({
  subscription: z.string().min(1).max(300).describe('Id or unique beginning of an id'),
});

export const listSubscriptions = route({
  operationId: 'listSubscriptions',
  method: 'GET',
  path: '/admin/subscriptions',
  feature: FEATURE,
  role: 'operator',
  summary: 'List subscriptions with what is left of them',
  query: z.strictObject({
    ...fields.pageFields,
    user: fields.ref('user').optional(),
    plan: z.string().min(1).max(300).optional().describe('Id or code of the plan'),
    state: standing.optional().describe('Only what is so now'),
  }),
  response: fields.listOf(subscriptionView),
});

export const grantSubscription = route({
  operationId: 'grantSubscription',
  method: 'POST',
  path: '/admin/subscriptions',
  feature: FEATURE,
  role: 'root',
  summary: 'Give a user a plan as if it were bought; 200 instead of 201 when the key gave it before',
  body: z.strictObject({
    user: fields.ref('user'),
    plan: z.string().min(1).max(300).describe('Id or code of the plan'),
    idempotency_key: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes and underscores')
      .optional()
      .describe('The same key gives once, however often the call is repeated'),
  }),
  status: 201,
  response: grantedSubscriptionView,
});

export const showSubscription = route({
  operationId: 'showSubscription',
  method: 'GET',
  path: '/admin/subscriptions/:subscription',
  feature: FEATURE,
  role: 'operator',
  summary: 'Show a subscription, its windows and what gave it its time',
  params: subscriptionParams,
  response: subscriptionDetailView,
});

export const cancelSubscription = route({
  operationId: 'cancelSubscription',
  method: 'POST',
  path: '/admin/subscriptions/:subscription/cancel',
  feature: FEATURE,
  role: 'root',
  summary:
    'End a subscription at once or keep it from being renewed; the header Realms-Reason says why and is required',
  params: subscriptionParams,
  body: z.strictObject({
    at_end: z.boolean().optional().describe('Let it run to its end; it is only not renewed'),
  }),
  response: subscriptionDetailView,
});

export const extendSubscription = route({
  operationId: 'extendSubscription',
  method: 'POST',
  path: '/admin/subscriptions/:subscription/extend',
  feature: FEATURE,
  role: 'root',
  summary: 'Let a subscription end later; one that has expired runs again from now on',
  params: subscriptionParams,
  body: z
    .strictObject({
      ends_at: fields.instant.optional().describe('The new end'),
      days: z.int().min(1).max(3650).optional().describe('Or so many days more'),
    })
    .refine(({ ends_at, days }) => (ends_at === undefined) !== (days === undefined), {
      message: 'give either ends_at or days',
    }),
  response: subscriptionDetailView,
});

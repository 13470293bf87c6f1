import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'billing';

const code = fields.name.describe('Unique code, by which it is bought and granted');
const price = z.string().regex(/^\d{1,13}(\.\d{1,3})?$/, 'must be a decimal such as "20.00"');
const currency = z.string().regex(/^[A-Z]{3}$/, 'must be a code of ISO 4217 in capitals, such as "CNY"');
const usd = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})?$/, 'must be a decimal such as "1.25", with at most six decimals')
  .nullable();
const multiplier = z
  .string()
  .regex(/^\d{1,4}(\.\d{1,6})?$/, 'must be a decimal such as "0.8", with at most six decimals');
const duration = z.strictObject({
  count: z.int().min(1).describe('How many'),
  unit: z.enum(['hour', 'day', 'month']).describe('Of what; a month is one of the calendar, in UTC'),
});
const models = z.array(z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be printable ASCII without spaces')).max(200);
const groups = z.array(z.string().min(1).max(63)).max(200);
const limit = z.int().min(1).max(1_000_000_000).nullable();
const onRepurchase = z.enum(['extend', 'stack', 'queue']);
const state = z.enum(['active', 'archived']);

/** What operators write; what is left out is plain: a month for everything, without limits, at list price. */
const termFields = {
  name: fields.label.optional().describe('Name for people; the code unless given'),
  duration: duration.optional().describe('How long a purchase lasts'),
  limit_5h_usd: usd.optional().describe('What may be used within 5 hours, in USD; null: unlimited'),
  limit_1d_usd: usd.optional().describe('What may be used within a day, in USD; null: unlimited'),
  limit_7d_usd: usd.optional().describe('What may be used within 7 days, in USD; null: unlimited'),
  limit_30d_usd: usd.optional().describe('What may be used within 30 days, in USD; null: unlimited'),
  multiplier: multiplier.optional().describe('Factor on the list price of requests that it pays'),
  groups: groups.optional().describe('Groups of upstreams that it opens; empty: all'),
  models: models.optional().describe('Models or globs that it opens; empty: all'),
  rpm: limit.optional().describe('Requests a minute; null: unlimited'),
  tpm: limit.optional().describe('Tokens a minute; null: unlimited'),
  concurrency: limit.optional().describe('Requests at once; null: unlimited'),
  overage: z.boolean().optional().describe('Whether the balance pays on when a window is exhausted'),
  on_repurchase: onRepurchase
    .optional()
    .describe('What a second purchase does: a longer subscription, a second one at once, or one after the other'),
  renews: z.boolean().optional().describe('Renewed by the payment provider where it can'),
};

const termViewFields = {
  name: z.string().describe('Name for people'),
  price: z.string().describe('Price as a decimal'),
  price_minor: z.int().describe('The same in the smallest unit of the currency'),
  currency: z.string().describe('ISO 4217'),
  duration: duration.describe('How long a purchase lasts'),
  limit_5h_usd: z.string().nullable().describe('What may be used within 5 hours, in USD; null: unlimited'),
  limit_1d_usd: z.string().nullable().describe('What may be used within a day, in USD; null: unlimited'),
  limit_7d_usd: z.string().nullable().describe('What may be used within 7 days, in USD; null: unlimited'),
  limit_30d_usd: z.string().nullable().describe('What may be used within 30 days, in USD; null: unlimited'),
  multiplier: z.string().describe('Factor on the list price of requests that it pays'),
  groups: z.array(z.string()).describe('Groups of upstreams that it opens; empty: all'),
  models: z.array(z.string()).describe('Models or globs that it opens; empty: all'),
  rpm: z.int().nullable().describe('Requests a minute; null: unlimited'),
  tpm: z.int().nullable().describe('Tokens a minute; null: unlimited'),
  concurrency: z.int().nullable().describe('Requests at once; null: unlimited'),
  overage: z.boolean().describe('Whether the balance pays on when a window is exhausted'),
  on_repurchase: onRepurchase.describe('What a second purchase does'),
  renews: z.boolean().describe('Renewed by the payment provider where it can'),
};

export const planView = z
  .object({
    id: z.string().describe('Id of the plan'),
    code: z.string().describe('Unique code'),
    state: state.describe('Archived plans are neither sold nor granted'),
    version: z.int().describe('Number of the version that is sold now'),
    version_id: z.string().describe('Id of that version'),
    ...termViewFields,
    created_at: fields.instantView,
  })
  .meta({ id: 'Plan' });

export const planVersionView = z
  .object({
    id: z.string().describe('Id of the version'),
    version: z.int().describe('Number of the version within its plan'),
    ...termViewFields,
    created_at: fields.instantView.describe('When it came on sale'),
  })
  .meta({ id: 'PlanVersion' });

const planParams = z.strictObject({ plan: z.string().min(1).max(300).describe('Id or code of the plan') });

export const listPlans = route({
  operationId: 'listPlans',
  method: 'GET',
  path: '/admin/plans',
  feature: FEATURE,
  role: 'operator',
  summary: 'List the plans',
  query: z.strictObject({ ...fields.pageFields, state: state.optional().describe('Only those') }),
  response: fields.listOf(planView),
});

export const createPlan = route({
  operationId: 'createPlan',
  method: 'POST',
  path: '/admin/plans',
  feature: FEATURE,
  role: 'admin',
  summary: 'Create a plan, which is on sale at once',
  body: z.strictObject({
    code,
    price: price.describe('Price as a decimal'),
    currency: currency.optional().describe('ISO 4217; USD unless given'),
    ...termFields,
  }),
  status: 201,
  response: planView,
});

export const showPlan = route({
  operationId: 'showPlan',
  method: 'GET',
  path: '/admin/plans/:plan',
  feature: FEATURE,
  role: 'operator',
  summary: 'Show a plan',
  params: planParams,
  response: planView,
});

export const listPlanVersions = route({
  operationId: 'listPlanVersions',
  method: 'GET',
  path: '/admin/plans/:plan/versions',
  feature: FEATURE,
  role: 'operator',
  summary: 'List every version in which a plan was sold, the latest first',
  params: planParams,
  response: fields.listOf(planVersionView),
});

export const editPlan = route({
  operationId: 'editPlan',
  method: 'PATCH',
  path: '/admin/plans/:plan',
  feature: FEATURE,
  role: 'admin',
  summary: 'Follow a plan with a new version; who has the plan keeps the version that was bought',
  params: planParams,
  body: z.strictObject({
    price: price.optional().describe('Price as a decimal'),
    currency: currency.optional().describe('ISO 4217; needs a price with it'),
    ...termFields,
  }),
  response: planView,
});

export const archivePlan = route({
  operationId: 'archivePlan',
  method: 'POST',
  path: '/admin/plans/:plan/archive',
  feature: FEATURE,
  role: 'admin',
  summary: 'Take a plan off sale for good; who has it keeps it',
  params: planParams,
  response: planView,
});

import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'billing';
const COUNT_MAX = 1_000_000_000;

const rewardFields = {
  reward: z.enum(['balance', 'subscription']).describe('What a code gives'),
  amount_usd: z.string().nullable().describe('Balance that a code gives, in USD; null: it gives a subscription'),
  plan: z.string().nullable().describe('Code of the plan that a code gives; null: it gives balance'),
  plan_version: z.int().nullable().describe('Version of that plan, as it was when the codes were made'),
};

const limitFields = {
  max_redemptions: z
    .int()
    .min(1)
    .max(COUNT_MAX)
    .nullable()
    .describe('How often each code can be redeemed; null: without a limit'),
  max_per_user: z
    .int()
    .min(1)
    .max(COUNT_MAX)
    .nullable()
    .describe('How often one user can redeem codes of the batch; null: without a limit'),
};

export const codeBatchView = z
  .object({
    id: z.string().describe('Id of the batch'),
    name: z.string().describe('Name to recognise it by'),
    ...rewardFields,
    codes: z.int().describe('Codes in it'),
    enabled_codes: z.int().describe('Codes that are not disabled'),
    redemptions: z.int().describe('How often codes of it were redeemed'),
    max_per_user: limitFields.max_per_user,
    expires_at: fields.instantView.nullable().describe('Not redeemed from this instant on; null: never ends'),
    created_by: z.string().describe('Who made it'),
    created_at: fields.instantView,
  })
  .meta({ id: 'CodeBatch' });

export const redemptionCodeView = z
  .object({
    id: z.string().describe('Id of the code'),
    hint: z.string().describe('Its last four characters'),
    state: z.enum(['ready', 'used_up', 'expired', 'disabled']).describe('Only ready codes can be redeemed'),
    redeemed: z.int().describe('How often it was redeemed'),
    max_redemptions: limitFields.max_redemptions,
    batch_id: z.string().describe('Id of its batch'),
    batch: z.string().describe('Name of its batch'),
    ...rewardFields,
    max_per_user: limitFields.max_per_user,
    expires_at: fields.instantView.nullable().describe('Not redeemed from this instant on; null: never ends'),
    created_at: fields.instantView,
  })
  .meta({ id: 'RedemptionCode' });

// The text of a code in place of its id would be a secret in a URL, so it does not have the form of one.
const codeParams = z.strictObject({
  code: z
    .string()
    .regex(/^(code_[0-9a-z]{4,26}|[0-9A-Za-z]{4})$/, 'must be the id of a code or its last four characters')
    .describe('Id, unique beginning of an id, or last four characters of the code'),
});

const batchParams = z.strictObject({ batch: fields.ref('batch') });
const enabledBody = z.strictObject({ enabled: z.boolean().describe('Whether it can be redeemed') });

export const createRedemptionCodes = route({
  operationId: 'createRedemptionCodes',
  method: 'POST',
  path: '/admin/redemption-codes',
  feature: FEATURE,
  role: 'root',
  summary: 'Make a batch of codes that give balance or a plan; the answer holds their texts, once',
  body: z
    .strictObject({
      name: fields.label,
      count: z.int().min(1).max(10_000).describe('How many codes'),
      amount_usd: z
        .string()
        .regex(/^\d{1,7}(\.\d{1,6})?$/, 'must be a decimal such as "5.00", with at most six decimals')
        .optional()
        .describe('Balance that each redemption gives, in USD'),
      plan: fields.ref('plan').optional(),
      max_redemptions: limitFields.max_redemptions.optional().describe('For each code; 1 unless given, null: no limit'),
      max_per_user: limitFields.max_per_user.optional().describe('Over the batch; 1 unless given, null: no limit'),
      expires_at: fields.instant
        .nullable()
        .optional()
        .describe('Not redeemed from this instant on; never ends unless given'),
    })
    .refine((body) => (body.amount_usd === undefined) !== (body.plan === undefined), {
      message: 'either an amount or a plan must be given, and not both',
      path: ['amount_usd'],
    }),
  status: 201,
  response: z
    .object({
      batch: codeBatchView,
      items: z
        .array(
          z.object({
            id: z.string().describe('Id of the code'),
            code: z.string().describe('The code itself; shown this once and stored only as a hash'),
          }),
        )
        .describe('The codes'),
    })
    .meta({ id: 'NewRedemptionCodes' }),
});

export const listRedemptionCodes = route({
  operationId: 'listRedemptionCodes',
  method: 'GET',
  path: '/admin/redemption-codes',
  feature: FEATURE,
  role: 'operator',
  summary: 'List codes without their texts, newest first',
  query: z.strictObject({ ...fields.pageFields, batch: fields.ref('batch').optional() }),
  response: fields.listOf(redemptionCodeView),
});

export const showRedemptionCode = route({
  operationId: 'showRedemptionCode',
  method: 'GET',
  path: '/admin/redemption-codes/:code',
  feature: FEATURE,
  role: 'operator',
  summary: 'Show a code and who has redeemed it',
  params: codeParams,
  response: redemptionCodeView
    .extend({
      redemptions: z
        .array(
          z.object({
            id: z.string().describe('Id of the redemption, and of the transfer or grant that it caused'),
            at: fields.instantView,
            user_id: z.string().describe('Id of the user'),
            user: z.string().nullable().describe('Name of the user; null when it is gone'),
          }),
        )
        .describe('The last hundred redemptions, the latest first'),
    })
    .meta({ id: 'RedemptionCodeDetail' }),
});

export const editRedemptionCode = route({
  operationId: 'editRedemptionCode',
  method: 'PATCH',
  path: '/admin/redemption-codes/:code',
  feature: FEATURE,
  role: 'admin',
  summary: 'Disable or enable a code; what it has given stays given',
  params: codeParams,
  body: enabledBody,
  response: redemptionCodeView,
});

export const listCodeBatches = route({
  operationId: 'listCodeBatches',
  method: 'GET',
  path: '/admin/redemption-batches',
  feature: FEATURE,
  role: 'operator',
  summary: 'List batches of codes, newest first',
  query: fields.pageQuery,
  response: fields.listOf(codeBatchView),
});

export const editCodeBatch = route({
  operationId: 'editCodeBatch',
  method: 'PATCH',
  path: '/admin/redemption-batches/:batch',
  feature: FEATURE,
  role: 'admin',
  summary: 'Disable or enable every code of a batch',
  params: batchParams,
  body: enabledBody,
  response: codeBatchView,
});

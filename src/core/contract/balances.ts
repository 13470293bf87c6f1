import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'billing';

export const balanceView = z
  .object({
    user_id: z.string().describe('Id of the user'),
    user: z.string().nullable().describe('Name of the user; null when it is gone'),
    balance_usd: z.string().describe('What the user has, in USD; below zero: what the user owes'),
    balance_usd_micros: z.int().describe('The same in millionths of a dollar'),
    held_usd: z.string().describe('Put aside for requests that run, in USD'),
    held_usd_micros: z.int().describe('The same in millionths of a dollar'),
    available_usd: z.string().describe('What new requests may use, in USD'),
    available_usd_micros: z.int().describe('The same in millionths of a dollar'),
    updated_at: fields.instantView.nullable().describe('When money last moved; null: never'),
  })
  .meta({ id: 'Balance' });

export const adjustedBalanceView = balanceView
  .extend({
    transfer: z.string().describe('Id of the transfer in the ledger'),
    amount_usd: z.string().describe('What was given, or below zero taken, in USD'),
    repeated: z.boolean().describe('True: this key had adjusted the balance before, and nothing was changed now'),
  })
  .meta({ id: 'AdjustedBalance' });

const userParams = z.strictObject({ user: fields.ref('user') });

export const listBalances = route({
  operationId: 'listBalances',
  method: 'GET',
  path: '/admin/balances',
  feature: FEATURE,
  role: 'operator',
  summary: 'List the balances of users who ever had money, the newest user first',
  query: fields.pageQuery,
  response: fields.listOf(balanceView),
});

export const showBalance = route({
  operationId: 'showBalance',
  method: 'GET',
  path: '/admin/users/:user/balance',
  feature: FEATURE,
  role: 'operator',
  summary: 'Show what a user has, what of it is held and what is left',
  params: userParams,
  response: balanceView,
});

export const adjustBalance = route({
  operationId: 'adjustBalance',
  method: 'POST',
  path: '/admin/users/:user/balance',
  feature: FEATURE,
  role: 'root',
  summary: 'Give or take balance by hand; the header Realms-Reason says why and is required',
  params: userParams,
  body: z.strictObject({
    amount_usd: z
      .string()
      .regex(/^-?\d{1,10}(\.\d{1,6})?$/, 'must be a decimal such as "10.00" or "-2.50", with at most six decimals')
      .describe('USD to give, or with a minus to take'),
    idempotency_key: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes and underscores')
      .optional()
      .describe('The same key adjusts once, however often the call is repeated'),
  }),
  response: adjustedBalanceView,
});

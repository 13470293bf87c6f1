import { z } from 'zod';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'billing';

export const transferView = z
  .object({
    id: z.string().describe('Id of the transfer: its kind and what caused it; the same never moves money twice'),
    at: fields.instantView.describe('When it was posted'),
    kind: z.string().describe('Why money moved, such as usage, order, adjust or redeem'),
    debit_account: z.string().describe('Where it was taken: user:ID, channel:ID or an account of the house'),
    credit_account: z.string().describe('Where it was given'),
    amount_usd: z.string().describe('Amount in USD'),
    amount_usd_micros: z.int().describe('The same in millionths of a dollar'),
    user_id: z.string().nullable().describe('Id of the user on either side; null: there is none'),
    user: z.string().nullable().describe('Name of that user, while it exists'),
    ref_type: z.string().describe('What caused it, such as request, order, adjustment or code'),
    ref_id: z.string().describe('Id of what caused it'),
    actor: z.string().describe('Who caused it'),
    reason: z.string().nullable().describe('Why, where somebody said so'),
  })
  .meta({ id: 'Transfer' });

export const listTransfers = route({
  operationId: 'listTransfers',
  method: 'GET',
  path: '/admin/ledger',
  feature: FEATURE,
  role: 'operator',
  summary: 'List transfers, newest first',
  query: z.strictObject({
    ...fields.pageFields,
    user: fields.ref('user').optional(),
    kind: z
      .string()
      .regex(/^[a-z]{1,20}$/, 'must be a kind such as usage or order')
      .optional()
      .describe('Only of this kind'),
    ref: z.string().min(1).max(200).optional().describe('Only what this request, order, code or adjustment caused'),
    account: z.string().min(1).max(100).optional().describe('Only with this account on either side'),
    since: fields.instant.optional().describe('From this instant on'),
    until: fields.instant.optional().describe('Before this instant'),
  }),
  response: fields.listOf(transferView),
});

const sum = (what: string) => z.string().describe(`${what}, in USD`);

export const listAccounts = route({
  operationId: 'listAccounts',
  method: 'GET',
  path: '/admin/ledger/accounts',
  feature: FEATURE,
  role: 'operator',
  summary: 'Sum each account of the ledger; all users are one account',
  response: fields.listOf(
    z
      .object({
        account: z.string().describe('Name of the account; users: all users together'),
        transfers: z.int().describe('Transfers that it is part of'),
        debit_usd: sum('What was taken from it'),
        credit_usd: sum('What was given to it'),
        balance_usd: sum('Credits minus debits; over all accounts these sum to zero'),
      })
      .meta({ id: 'LedgerAccount' }),
  ),
});

const checkFields = {
  name: z.string().describe('Name of the check'),
  doc: z.string().describe('What holds when nothing is found'),
};

export const listChecks = route({
  operationId: 'listLedgerChecks',
  method: 'GET',
  path: '/admin/ledger/checks',
  feature: FEATURE,
  role: 'operator',
  summary: 'List what a verification of the books looks at, in its order',
  response: fields.listOf(z.object(checkFields).meta({ id: 'LedgerCheck' })),
});

export const checkResultView = z
  .object({
    ...checkFields,
    ok: z.boolean().describe('Whether nothing was found'),
    violations: z
      .array(
        z.object({
          subject: z.string().describe('Id of the row that breaks the rule'),
          detail: z.string().describe('What is wrong with it'),
        }),
      )
      .describe('The first rows that break the rule'),
    complete: z.boolean().describe('False: more rows break it than are named here'),
    took_ms: z.number().describe('Duration in milliseconds'),
  })
  .meta({ id: 'LedgerCheckResult' });

export const verifyLedger = route({
  operationId: 'verifyLedger',
  method: 'GET',
  path: '/admin/ledger/verify',
  feature: FEATURE,
  role: 'operator',
  summary: 'Verify the books; each check sees the state of one moment',
  query: z.strictObject({ check: z.string().min(1).max(100).optional().describe('Only this check; all unless given') }),
  response: z.object({
    ok: z.boolean().describe('Whether no check found anything'),
    checks: z.array(checkResultView).describe('Every check that was made'),
  }),
});

import { z } from 'zod';
import { cooldownView } from './cooldowns.ts';
import * as fields from './fields.ts';
import { route } from './route.ts';

const FEATURE = 'admin_channels';

const windowView = z
  .object({
    used_percent: z.number().describe('How much of it is used, 0 to 100'),
    window_minutes: z.int().nullable().describe('Its length'),
    resets_at: fields.instantView.nullable().describe('When it starts over; null: not known'),
  })
  .meta({ id: 'CodexWindow' });

const limitView = z
  .object({
    id: z.string().describe('codex is the limit of all models; others belong to single models or features'),
    name: z.string().nullable().describe('What the provider calls it'),
    short: windowView.nullable().describe('The shorter of its windows'),
    long: windowView.nullable().describe('The longer of its windows'),
    reached: z.boolean().nullable().describe('Whether the provider says that it is reached; null: it does not say'),
    seen_at: fields.instantView.describe('When it was seen'),
  })
  .meta({ id: 'CodexLimit' });

export const codexAccountView = z
  .object({
    id: z.string().describe('Id of the account, which is that of its credential'),
    name: z.string().describe('Name of its credential, unique within the upstream'),
    upstream_id: z.string().describe('Id of the upstream'),
    upstream: z.string().describe('Name of the upstream'),
    email: z.string().nullable().describe('Mail address of the person'),
    account_id: z.string().describe('The provider’s id of the account or workspace'),
    plan: z.string().nullable().describe('Plan of the account, such as plus or pro'),
    fedramp: z.boolean().describe('Whether it belongs to the provider’s cloud for authorities'),
    state: z
      .enum(['active', 'needs_login', 'blocked'])
      .describe('needs_login: its tokens are worth nothing any more; blocked: the provider refuses the account'),
    why: z.string().nullable().describe('Why it is not active, as the provider’s code'),
    enabled: fields.enabled,
    access_expires_at: fields.instantView.nullable().describe('End of the access token; null: it does not say'),
    last_refresh_at: fields.instantView.describe('When it last got new tokens'),
    limits: z.array(limitView).describe('Limits with their windows, as last seen'),
    limits_seen_at: fields.instantView.nullable().describe('When anything of its limits was last seen'),
    credits: z
      .object({
        has: z.boolean().describe('Whether it has credits beside its plan'),
        unlimited: z.boolean().describe('Whether they never end'),
        balance: z.string().nullable().describe('How many, as the provider writes it'),
      })
      .nullable()
      .describe('Credits beside the plan; null: not known'),
    cooldowns: z.array(cooldownView).describe('Cooldowns in force on its credential or on one model of it'),
    created_at: fields.instantView,
  })
  .meta({ id: 'CodexAccount' });

const accountParams = z.strictObject({
  account: fields.ref('account’s credential').describe('Id or name of the account’s credential, or its mail address'),
});
const loginParams = z.strictObject({ login: z.string().min(1).max(100).describe('Id of the login') });
const credentialName = fields.name
  .optional()
  .describe('Name for the credential; made of the mail address unless given');

export const beginCodexLogin = route({
  operationId: 'beginCodexLogin',
  method: 'POST',
  path: '/admin/upstreams/:upstream/codex-logins',
  feature: FEATURE,
  role: 'admin',
  summary: 'Begin to log a ChatGPT account in; only who began it can finish it',
  params: z.strictObject({ upstream: fields.ref('upstream') }),
  body: z.strictObject({
    method: z
      .enum(['device', 'browser'])
      .describe('device: a person types a code anywhere; browser: a page sends the browser to a callback'),
    port: z
      .union([z.literal(1455), z.literal(1457)])
      .optional()
      .describe('Port of localhost to which the page sends the browser; 1455 unless given'),
    name: credentialName,
  }),
  status: 201,
  response: z
    .object({
      id: z.string().describe('Id of the login'),
      method: z.enum(['device', 'browser']).describe('How it goes on'),
      url: z.string().describe('Address for the person to open'),
      user_code: z.string().nullable().describe('Code to type there; null for a browser'),
      interval_s: z.number().nullable().describe('Seconds between two polls; null for a browser'),
      expires_at: fields.instantView.describe('Until when it can be finished'),
    })
    .meta({ id: 'CodexLogin' }),
});

export const pollCodexLogin = route({
  operationId: 'pollCodexLogin',
  method: 'POST',
  path: '/admin/codex-logins/:login/poll',
  feature: FEATURE,
  role: 'admin',
  summary: 'Ask whether the code of a login was typed, and finish it when it was',
  params: loginParams,
  response: z.object({
    state: z.enum(['done', 'pending']).describe('pending: nobody has typed the code yet'),
    wait_s: z.number().describe('Seconds until it is worth asking again; 0 when it is done'),
    account: codexAccountView.nullable().describe('The account that was logged in; null while it is pending'),
  }),
});

export const finishCodexLogin = route({
  operationId: 'finishCodexLogin',
  method: 'POST',
  path: '/admin/codex-logins/:login/callback',
  feature: FEATURE,
  role: 'admin',
  summary: 'Finish a login with the address to which its page sent the browser',
  params: loginParams,
  body: z.strictObject({
    callback_url: z.string().min(1).max(8192).describe('The whole address with code and state; write-only'),
  }),
  response: codexAccountView,
});

export const cancelCodexLogin = route({
  operationId: 'cancelCodexLogin',
  method: 'DELETE',
  path: '/admin/codex-logins/:login',
  feature: FEATURE,
  role: 'admin',
  summary: 'Give a login up',
  params: loginParams,
  response: null,
});

export const importCodexAccount = route({
  operationId: 'importCodexAccount',
  method: 'POST',
  path: '/admin/codex-accounts/import',
  feature: FEATURE,
  role: 'admin',
  summary: 'Take a login over from a file of Codex CLI or CLIProxyAPI, which nobody else may use from then on',
  body: z.strictObject({
    upstream: fields
      .ref('upstream')
      .optional()
      .describe('Where it goes; the only upstream of the kind codex unless given'),
    document: fields.anyJson.describe('Content of the file, as JSON; write-only'),
    name: credentialName,
  }),
  status: 201,
  response: z.object({
    account: codexAccountView,
    is_new: z.boolean().describe('False when the account was known and got new tokens'),
    form: z.enum(['codex-cli', 'cli-proxy-api']).describe('Which program wrote the file'),
    refreshed: z
      .boolean()
      .describe('True when the tokens of the file were over, so that the file is worth nothing now'),
  }),
});

export const listCodexAccounts = route({
  operationId: 'listCodexAccounts',
  method: 'GET',
  path: '/admin/codex-accounts',
  feature: FEATURE,
  role: 'operator',
  summary: 'List ChatGPT accounts with their limits, in the order in which they came',
  query: z.strictObject({ upstream: fields.ref('upstream').optional() }),
  response: fields.listOf(codexAccountView),
});

export const showCodexAccount = route({
  operationId: 'showCodexAccount',
  method: 'GET',
  path: '/admin/codex-accounts/:account',
  feature: FEATURE,
  role: 'operator',
  summary: 'Show a ChatGPT account',
  params: accountParams,
  response: codexAccountView,
});

export const readCodexUsage = route({
  operationId: 'readCodexUsage',
  method: 'POST',
  path: '/admin/codex-accounts/:account/usage',
  feature: FEATURE,
  role: 'operator',
  summary: 'Ask the provider how much of its limits an account has used',
  params: accountParams,
  response: z.object({
    ok: z.boolean().describe('Whether the provider answered'),
    why: z.string().nullable().describe('Why not'),
    account: codexAccountView,
  }),
});

export const refreshCodexAccount = route({
  operationId: 'refreshCodexAccount',
  method: 'POST',
  path: '/admin/codex-accounts/:account/refresh',
  feature: FEATURE,
  role: 'admin',
  summary: 'Get new tokens for an account, also when it is known to need a login',
  params: accountParams,
  response: z.object({
    outcome: z
      .enum(['refreshed', 'already', 'needs_login', 'transient', 'gone'])
      .describe('already: somebody else did at the same time; transient: it may work later'),
    why: z.string().nullable().describe('Why not'),
    account: codexAccountView.nullable().describe('Null when it is gone'),
  }),
});

export const removeCodexAccount = route({
  operationId: 'removeCodexAccount',
  method: 'DELETE',
  path: '/admin/codex-accounts/:account',
  feature: FEATURE,
  role: 'admin',
  summary: 'End the login of an account and remove it with its credential and history',
  params: accountParams,
  response: z.object({
    id: z.string().describe('Id that it had'),
    name: z.string().describe('Name that it had'),
    revoked: z.boolean().describe('Whether the provider took note; otherwise the login ends by itself some day'),
  }),
});

export const listCodexHistory = route({
  operationId: 'listCodexHistory',
  method: 'GET',
  path: '/admin/codex-history',
  feature: FEATURE,
  role: 'operator',
  summary: 'List windows that started over, with what was used of them: the rest was lost',
  query: z.strictObject({ account: accountParams.shape.account.optional(), ...fields.pageFields }),
  response: fields.listOf(
    z
      .object({
        id: z.string().describe('Id of the entry'),
        account_id: z.string().describe('Id of the account’s credential'),
        account: z.string().describe('Name of the account’s credential'),
        limit: z.string().describe('Limit that the window belongs to'),
        window_minutes: z.int().describe('Length of the window; 0: not known'),
        used_percent: z.number().describe('How much was used when it was last seen before its end'),
        lost_percent: z.number().describe('How much was not'),
        seen_at: fields.instantView.describe('When it was last seen'),
        reset_at: fields.instantView.describe('When it started over'),
      })
      .meta({ id: 'CodexWindowReset' }),
  ),
});

import type { CredentialId } from '../ids.ts';
import type { EpochMs } from '../time.ts';
import { type Credential, findCredential, findUpstream, type Upstream } from '../upstreams/index.ts';
import type { CodexAccount } from './codex-account.ts';
import { readAccount } from './codex-account-store.ts';
import type { CodexAccounts } from './codex-accounts.ts';
import type { CodexDesk } from './codex-desk.ts';
import type { LimitSnapshot } from './limit-snapshot.ts';
import { markActive, markBlocked } from './mark-blocked.ts';
import { callProvider, type ProviderAnswer, refusalCode } from './provider-call.ts';
import { limitsFromUsage } from './read-limits.ts';

/** What became of a look at the usage page. `why` is a sentence without a subject. */
export type UsageReading =
  | { readonly kind: 'read'; readonly limits: LimitSnapshot }
  | { readonly kind: 'needs_login' | 'blocked' | 'trouble'; readonly why: string };

/** Refusals that are about the account and not about the call. */
const BLOCKED = /deactivated|suspended|banned|disabled/i;

/**
 * Reads how much of its limits an account has used. A refused token is refreshed once; what is read counts at once for
 * requests, and for an account that was blocked it is the proof that it is not any more.
 * @throws Failure not_found when the account or its upstream is gone
 */
export async function readUsage(desk: CodexDesk, accounts: CodexAccounts, id: CredentialId): Promise<UsageReading> {
  const first = await ask(desk, id);
  if (!first) return GONE;
  const last = isRefused(first.answer) ? await askAgain(desk, accounts, first.account) : first;
  if ('kind' in last) return last;
  if (last.answer.kind === 'trouble') return { kind: 'trouble', why: `the backend ${last.answer.why}` };
  return await conclude(desk, accounts, last, last.answer);
}

const GONE: UsageReading = { kind: 'trouble', why: 'the account is gone' };

interface Asked {
  /** What is read is true as of then. */
  readonly askedAt: EpochMs;
  readonly account: CodexAccount;
  readonly answer: ProviderAnswer;
}

async function ask(desk: CodexDesk, id: CredentialId): Promise<Asked | null> {
  const account = await readAccount(desk.ctx, id);
  if (!account) return null;
  const credential = await findCredential(desk.ctx, desk.keyring, id);
  const upstream = await findUpstream(desk.ctx, desk.keyring, credential.upstreamId);
  const askedAt = desk.ctx.clock.now();
  return { askedAt, account, answer: await call(desk, upstream, credential, account) };
}

async function call(
  desk: CodexDesk,
  upstream: Upstream,
  credential: Credential,
  account: CodexAccount,
): Promise<ProviderAnswer> {
  const endpoint = upstream.endpoints.find(({ enabled }) => enabled) ?? upstream.endpoints[0];
  if (!endpoint)
    return { kind: 'trouble', why: 'cannot be asked: its upstream has no endpoint', mayHaveArrived: false };
  return await callProvider({
    method: 'GET',
    url: usageUrl(endpoint.baseUrl),
    headers: {
      authorization: `Bearer ${credential.secret.reveal()}`,
      'chatgpt-account-id': account.accountId,
      ...(account.isFedramp && { 'x-openai-fedramp': 'true' }),
    },
    allowPrivate: upstream.allowPrivate,
    timeoutMs: desk.config()['codex.request_timeout_ms'],
    proxyUrl: credential.proxyUrl,
  });
}

/** The usage page stands beside `/codex` under ChatGPT's backend, and below it elsewhere. */
function usageUrl(baseUrl: string): string {
  const beside = baseUrl.replace(/\/backend-api\/codex$/, '/backend-api/wham');
  return `${beside}/usage`;
}

async function askAgain(
  desk: CodexDesk,
  accounts: CodexAccounts,
  { credentialId, fingerprint }: CodexAccount,
): Promise<Asked | UsageReading> {
  const outcome = await accounts.refresh(credentialId, { fingerprint });
  if (outcome.kind === 'needs_login') return { kind: 'needs_login', why: outcome.why };
  if (outcome.kind === 'transient') return { kind: 'trouble', why: `its tokens were not refreshed: ${outcome.why}` };
  return (await ask(desk, credentialId)) ?? GONE;
}

async function conclude(
  desk: CodexDesk,
  accounts: CodexAccounts,
  { account, askedAt }: Asked,
  answer: Extract<ProviderAnswer, { kind: 'answer' }>,
): Promise<UsageReading> {
  const { status, json } = answer;
  const limits = status === 200 ? limitsFromUsage(json, askedAt) : null;
  if (limits) {
    accounts.observe(account.credentialId, limits);
    if (account.state === 'blocked') await markActive(desk, account);
    return { kind: 'read', limits };
  }
  const code = refusalCode(json);
  if ((status === 401 || status === 403) && code !== null && BLOCKED.test(code)) {
    if (account.state === 'active') await markBlocked(desk, account, code);
    return { kind: 'blocked', why: code };
  }
  return { kind: 'trouble', why: `the backend answered with status ${status}${code === null ? '' : ` (${code})`}` };
}

function isRefused(answer: ProviderAnswer): boolean {
  if (answer.kind !== 'answer' || answer.status !== 401) return false;
  return !BLOCKED.test(refusalCode(answer.json) ?? '');
}

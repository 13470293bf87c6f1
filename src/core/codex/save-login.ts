import type { Ctx } from '../database/index.ts';
import { Failure } from '../failure.ts';
import type { UpstreamId } from '../ids.ts';
import type { Keyring } from '../keyring/index.ts';
import { checkName } from '../name.ts';
import {
  addAccountCredential,
  findCredential,
  findUpstream,
  replaceAccountSecret,
  type Upstream,
} from '../upstreams/index.ts';
import type { CodexAccount, CodexTokens } from './codex-account.ts';
import { insertAccount, readAccount, readAccountOf, replaceTokens, type TokenFacts } from './codex-account-store.ts';
import { factsOf } from './save-tokens.ts';
import { sealTokens } from './sealed-tokens.ts';
import { joinClaims } from './token-claims.ts';

/** Tokens of a login, wherever it happened. */
export interface LoginTokens extends CodexTokens {
  readonly expiresInS: number | null;
  /** Said beside the tokens; the tokens' own word counts more. */
  readonly accountId?: string | null;
  readonly email?: string | null;
}

export interface SavedLogin {
  readonly account: CodexAccount;
  /** What was there before; null for an account that is new. */
  readonly before: CodexAccount | null;
}

/**
 * Keeps the tokens of a login: of an account that is known in the place of its old ones, otherwise as a new account with
 * a credential of its own. Within the transaction of a change of `upstreams`.
 * @throws Failure invalid_input when the tokens do not say whose they are; conflict when the account belongs to another upstream
 */
export async function saveLogin(
  tx: Ctx,
  keyring: Keyring,
  upstream: Upstream,
  tokens: LoginTokens,
  credentialName: string | null,
): Promise<SavedLogin> {
  const claims = joinClaims(tokens.idToken?.reveal() ?? null, tokens.accessToken.reveal());
  const accountId = claims.accountId ?? tokens.accountId ?? null;
  if (accountId === null) throw namesNobody();
  const now = tx.clock.now();
  const empty = { accountId, userId: claims.userId ?? '', email: tokens.email ?? null, plan: null, isFedramp: false };
  const before = await readAccountOf(tx, accountId, empty.userId);
  const facts = factsOf(tokens, before ?? empty, { at: now, expiresInS: tokens.expiresInS });
  if (before) return await renew(tx, keyring, { upstream, before, tokens, facts });
  const name = checkName(credentialName ?? nameOf(facts));
  const credential = await addAccountCredential(tx, keyring, upstream.id, { name, secret: tokens.accessToken });
  await insertAccount(tx, sealTokens(keyring, credential.id, tokens), facts, now);
  return { account: await require(tx, credential.id), before: null };
}

interface Renewal {
  readonly upstream: Upstream;
  readonly before: CodexAccount;
  readonly tokens: CodexTokens;
  readonly facts: TokenFacts;
}

async function renew(tx: Ctx, keyring: Keyring, { upstream, before, tokens, facts }: Renewal): Promise<SavedLogin> {
  const { credentialId } = before;
  await requireSameUpstream(tx, keyring, before, upstream.id);
  await replaceAccountSecret(tx, keyring, credentialId, tokens.accessToken);
  const sealed = sealTokens(keyring, credentialId, tokens);
  // The change mark makes writers wait for one another, so that nothing can come between.
  await replaceTokens(tx, sealed, facts, before, { now: tx.clock.now(), keepBlocked: false });
  return { account: await require(tx, credentialId), before };
}

async function requireSameUpstream(
  tx: Ctx,
  keyring: Keyring,
  { credentialId }: CodexAccount,
  wanted: UpstreamId,
): Promise<void> {
  const { upstreamId } = await findCredential(tx, keyring, credentialId);
  if (upstreamId === wanted) return;
  const { name } = await findUpstream(tx, keyring, upstreamId);
  throw new Failure('conflict', {
    message: `this account belongs to the upstream "${name}" already, and its limits are the same everywhere`,
    hint: `log in there, or take it away first with: realms codex logout ${credentialId}`,
  });
}

async function require(tx: Ctx, id: string): Promise<CodexAccount> {
  const account = await readAccount(tx, id);
  if (account) return account;
  throw new Failure('internal', 'the account that was just stored is not there');
}

/** A credential is named after its account: the address without what no name may have, or the end of the account's id. */
function nameOf({ email, accountId }: TokenFacts): string {
  const plain = (text: string) => text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return plain(email ?? '').slice(0, 56) || `account-${plain(accountId).slice(-8)}`;
}

function namesNobody(): Failure {
  return new Failure('invalid_input', {
    message: 'the tokens do not say to which ChatGPT account they belong',
    hint: 'log in instead: realms codex login NAME',
  });
}

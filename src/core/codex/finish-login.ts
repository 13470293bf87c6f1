import type { Ctx } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { notFound } from '../pick-by-ref.ts';
import { Secret } from '../secret.ts';
import { epochMs } from '../time.ts';
import { openLoginSecrets } from './begin-login.ts';
import { isSameState, readCallback } from './callback-url.ts';
import type { CodexDesk } from './codex-desk.ts';
import type { CodexLogin } from './codex-login.ts';
import { deleteLogin, readLogin, takePollTurn } from './codex-login-store.ts';
import { exchangeCode, pollDevice, type TokenAnswer } from './oauth-client.ts';
import { requireCodexUpstream } from './pick-upstream.ts';
import { type LoginTokens, type SavedLogin, saveLogin } from './save-login.ts';

/** A login whose person has done his part: its tokens are here, and wait to be kept. */
export interface ProvenLogin {
  readonly login: CodexLogin;
  readonly tokens: LoginTokens;
}

export type LoginPoll =
  | { readonly kind: 'proven'; readonly proven: ProvenLogin }
  /** Nobody has typed the code yet. */
  | { readonly kind: 'pending'; readonly waitMs: number };

/**
 * Takes the address to which the login page sent the browser.
 * @throws Failure not_found for another's login, one that is over and one that never was; invalid_input, forbidden,
 * upstream_failed
 */
export async function proveByCallback(
  desk: CodexDesk,
  actor: string,
  id: string,
  pasted: string,
): Promise<ProvenLogin> {
  const login = await requireLogin(desk, actor, id);
  if (login.secrets.method !== 'browser')
    throw wrongMethod('this login waits for its code to be typed, not for an address');
  const { code, state } = readCallback(pasted);
  if (!isSameState(state, login.secrets.state)) {
    throw new Failure('invalid_input', {
      message: 'this address belongs to another login',
      hint: 'paste the address of the login that was begun last, or begin again',
      param: 'callback_url',
    });
  }
  return await exchange(desk, login, code, new Secret(login.secrets.verifier));
}

/** Asks whether the code was typed. Several askers make one call in each interval. @throws Failure as above */
export async function pollLogin(desk: CodexDesk, actor: string, id: string): Promise<LoginPoll> {
  const login = await requireLogin(desk, actor, id);
  const { secrets } = login;
  if (secrets.method !== 'device') throw wrongMethod('this login waits for an address to be pasted, not for a code');
  const now = desk.ctx.clock.now();
  const waitMs = secrets.intervalMs;
  if (!(await takePollTurn(desk.ctx, login.id, now, epochMs(now + waitMs)))) return { kind: 'pending', waitMs };
  const poll = await pollDevice(desk, new Secret(secrets.deviceAuthId), secrets.userCode);
  // A provider that stumbles is asked again: the person may be typing.
  if (poll.kind !== 'approved') {
    if (poll.kind === 'trouble') desk.ctx.log.warn({ login: login.id, why: poll.why }, 'the provider was not asked');
    return { kind: 'pending', waitMs };
  }
  return { kind: 'proven', proven: await exchange(desk, login, poll.code, poll.verifier) };
}

/** Keeps the account, and the login is over. Within a change of `upstreams`. @throws Failure not_found, conflict, invalid_input */
export async function keepLogin(tx: Ctx, desk: CodexDesk, { login, tokens }: ProvenLogin): Promise<SavedLogin> {
  if (!(await deleteLogin(tx, login.id))) throw overOrUnknown(login.id);
  const upstream = await requireCodexUpstream(tx, desk.keyring, login.upstreamId);
  return await saveLogin(tx, desk.keyring, upstream, tokens, login.credentialName);
}

/** Gives a login up. @throws Failure not_found */
export async function cancelLogin(desk: CodexDesk, actor: string, id: string): Promise<CodexLogin> {
  const login = await requireLogin(desk, actor, id);
  await deleteLogin(desk.ctx, login.id);
  return login;
}

/** The same for another's login as for none: nobody may find out which logins there are. */
async function requireLogin(desk: CodexDesk, actor: string, id: string): Promise<CodexLogin> {
  const sealed = await readLogin(desk.ctx, id);
  if (!sealed || sealed.actor !== actor || sealed.expiresAt <= desk.ctx.clock.now()) throw overOrUnknown(id);
  return { ...sealed, secrets: openLoginSecrets(desk.keyring, sealed) };
}

async function exchange(desk: CodexDesk, login: CodexLogin, code: Secret, verifier: Secret): Promise<ProvenLogin> {
  const answer = await exchangeCode(desk, { code, verifier, redirectUri: login.redirectUri });
  return { login, tokens: requireTokens(answer) };
}

function requireTokens(answer: TokenAnswer): LoginTokens {
  if (answer.kind === 'trouble') throw new Failure('upstream_failed', `the login ${answer.why}`);
  if (answer.kind === 'refused') {
    throw new Failure('forbidden', {
      message: `the provider refused the login: ${answer.code}`,
      hint: 'a code counts once and for a few minutes only; begin the login again',
    });
  }
  const { accessToken, refreshToken, idToken, expiresInS } = answer.tokens;
  if (!accessToken || !refreshToken) throw new Failure('upstream_failed', 'the login gave no refresh token');
  return { accessToken, refreshToken, idToken, expiresInS };
}

function overOrUnknown(id: string): Failure {
  const { facts } = notFound('login', id);
  return new Failure('not_found', {
    ...facts,
    hint: 'a login can be finished once, in time, and only by whoever began it; begin again: realms codex login NAME',
  });
}

function wrongMethod(message: string): Failure {
  return new Failure('conflict', message);
}

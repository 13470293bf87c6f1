import type { Ctx } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { type CodexLoginId, newId, type UpstreamId } from '../ids.ts';
import type { Keyring } from '../keyring/index.ts';
import { type EpochMs, epochMs, SECOND_MS } from '../time.ts';
import type { CodexDesk } from './codex-desk.ts';
import {
  challengeOf,
  LOGIN_TTL_MS,
  LOOPBACK_PORTS,
  type LoginSecrets,
  loopbackRedirect,
  newProof,
} from './codex-login.ts';
import { countLogins, insertLogin } from './codex-login-store.ts';
import { authBase, CLIENT_ID, startDevice } from './oauth-client.ts';
import { CODEX_CLIENT } from './provider-call.ts';

export interface NewLogin {
  readonly upstreamId: UpstreamId;
  /** Whoever begins it; nobody else can finish it. */
  readonly actor: string;
  readonly credentialName: string | null;
}

/** What a person needs to go on. */
export interface LoginStart {
  readonly id: CodexLoginId;
  /** To be opened in a browser. */
  readonly url: string;
  readonly expiresAt: EpochMs;
}

export interface DeviceLoginStart extends LoginStart {
  /** To be typed there. */
  readonly userCode: string;
  /** Between two polls. */
  readonly intervalMs: number;
}

/** Logins that may wait at once. */
const LOGINS_MAX = 100;
const SCOPE = 'openid profile email offline_access';

/** Begins a login in a browser; its callback comes to `port` of the person's own machine, or is pasted. */
export async function beginBrowserLogin(
  desk: CodexDesk,
  input: NewLogin & { readonly port?: (typeof LOOPBACK_PORTS)[number] | undefined },
): Promise<LoginStart> {
  const proof = newProof(desk.ctx.random);
  const redirectUri = loopbackRedirect(input.port ?? LOOPBACK_PORTS[0]);
  const { id, expiresAt } = await keep(desk, input, redirectUri, { method: 'browser', ...proof });
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT_ID,
    redirect_uri: redirectUri,
    scope: SCOPE,
    code_challenge: challengeOf(proof.verifier),
    code_challenge_method: 'S256',
    id_token_add_organizations: 'true',
    codex_cli_simplified_flow: 'true',
    state: proof.state,
    originator: CODEX_CLIENT.originator,
  });
  return { id, url: `${authBase(desk)}/oauth/authorize?${query.toString()}`, expiresAt };
}

/**
 * Begins a login by device code, for machines without a browser.
 * @throws Failure upstream_failed when the provider gives no code; conflict when it gives none by this way
 */
export async function beginDeviceLogin(desk: CodexDesk, input: NewLogin): Promise<DeviceLoginStart> {
  await requireRoom(desk.ctx);
  const started = await startDevice(desk);
  if (started.kind === 'trouble') throw new Failure('upstream_failed', `the login ${started.why}`);
  if (started.kind === 'unavailable') {
    throw new Failure('conflict', {
      message: 'the provider has switched off logins by device code',
      hint: 'log in with a browser instead: realms codex login NAME --paste',
    });
  }
  const { userCode, deviceAuthId } = started;
  const intervalMs = started.intervalS * SECOND_MS;
  const secrets = { method: 'device', deviceAuthId: deviceAuthId.reveal(), userCode, intervalMs } as const;
  const { id, expiresAt } = await keep(desk, input, `${authBase(desk)}/deviceauth/callback`, secrets);
  return { id, url: `${authBase(desk)}/codex/device`, userCode, intervalMs, expiresAt };
}

/** Opens what `keep` has sealed. @throws Failure config_invalid or internal when the keyring does not open it */
export function openLoginSecrets(
  keyring: Keyring,
  { id, secrets }: { id: CodexLoginId; secrets: string },
): LoginSecrets {
  return JSON.parse(keyring.open(secrets, loginContext(id)).reveal()) as LoginSecrets;
}

/** What the keyring binds a login's secrets to. */
export function loginContext(id: CodexLoginId): string {
  return `codex_logins.secrets:${id}`;
}

async function keep(
  desk: CodexDesk,
  { upstreamId, actor, credentialName }: NewLogin,
  redirectUri: string,
  secrets: LoginSecrets,
): Promise<{ id: CodexLoginId; expiresAt: EpochMs }> {
  const { ctx, keyring } = desk;
  await requireRoom(ctx);
  const now = ctx.clock.now();
  const id = newId('clog', now, ctx.random);
  const { method } = secrets;
  const expiresAt = epochMs(now + LOGIN_TTL_MS[method]);
  const sealed = keyring.seal(JSON.stringify(secrets), loginContext(id));
  const login = {
    id,
    upstreamId,
    method,
    actor,
    credentialName,
    redirectUri,
    secrets: sealed,
    expiresAt,
    createdAt: now,
  };
  await insertLogin(ctx, login, now);
  return { id, expiresAt };
}

async function requireRoom(ctx: Ctx): Promise<void> {
  if ((await countLogins(ctx, ctx.clock.now())) < LOGINS_MAX) return;
  throw new Failure('overloaded', `${LOGINS_MAX} logins wait for a person already`);
}

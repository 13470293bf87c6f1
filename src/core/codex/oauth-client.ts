import { Secret } from '../secret.ts';
import type { CodexDesk } from './codex-desk.ts';
import { callProvider, type ProviderAnswer, refusalCode } from './provider-call.ts';

// OAuth as Codex CLI speaks it: a public client without a secret, PKCE, a device flow of the provider's own.

/** The public client that the logins of Codex CLI are registered for. */
export const CLIENT_ID = 'app_EMoamEEZ73f0CkXaXp7hrann';

/** Tokens of an answer; a refresh may leave out any of them, and then the old one goes on. */
export interface GivenTokens {
  readonly accessToken: Secret | null;
  readonly refreshToken: Secret | null;
  readonly idToken: Secret | null;
  /** Seconds. */
  readonly expiresInS: number | null;
}

export type TokenAnswer =
  | { readonly kind: 'tokens'; readonly tokens: GivenTokens }
  /** The grant is worth nothing, for good. */
  | { readonly kind: 'refused'; readonly code: string }
  /** It may work later. */
  | { readonly kind: 'trouble'; readonly why: string };

export type DeviceStart =
  | {
      readonly kind: 'started';
      readonly deviceAuthId: Secret;
      readonly userCode: string;
      /** Seconds between two polls. */
      readonly intervalS: number;
    }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'trouble'; readonly why: string };

export type DevicePoll =
  | { readonly kind: 'pending' }
  | { readonly kind: 'approved'; readonly code: Secret; readonly verifier: Secret }
  | { readonly kind: 'trouble'; readonly why: string };

/** Codes after which a refresh token, or any grant, will never work again. */
const FINAL_CODES = new Set([
  'refresh_token_expired',
  'refresh_token_reused',
  'refresh_token_invalidated',
  'invalid_grant',
  'invalid_refresh_token',
  'app_session_terminated',
  'invalid_client',
  'unauthorized_client',
  'access_denied',
]);
const INTERVAL_DEFAULT_S = 5;
const INTERVAL_MAX_S = 60;
const TOKEN_MAX_CHARS = 8_192;

export async function startDevice(desk: CodexDesk): Promise<DeviceStart> {
  const answer = await post(desk, '/api/accounts/deviceauth/usercode', { client_id: CLIENT_ID });
  if (answer.kind === 'trouble') return answer;
  if (answer.status === 404) return { kind: 'unavailable' };
  const deviceAuthId = secretAt(answer.json, 'device_auth_id');
  const userCode = answer.json?.['user_code'] ?? answer.json?.['usercode'];
  const isCode = typeof userCode === 'string' && /^[A-Za-z0-9-]{4,32}$/.test(userCode);
  if (answer.status !== 200 || !deviceAuthId || !isCode) return unexpected(answer.status);
  return { kind: 'started', deviceAuthId, userCode, intervalS: intervalOf(answer.json?.['interval']) };
}

/** 403 and 404 both say that nobody has approved it yet. */
export async function pollDevice(desk: CodexDesk, deviceAuthId: Secret, userCode: string): Promise<DevicePoll> {
  const body = { device_auth_id: deviceAuthId.reveal(), user_code: userCode };
  const answer = await post(desk, '/api/accounts/deviceauth/token', body);
  if (answer.kind === 'trouble') return answer;
  if (answer.status === 403 || answer.status === 404) return { kind: 'pending' };
  const code = secretAt(answer.json, 'authorization_code');
  const verifier = secretAt(answer.json, 'code_verifier');
  return answer.status === 200 && code && verifier ? { kind: 'approved', code, verifier } : unexpected(answer.status);
}

export async function exchangeCode(
  desk: CodexDesk,
  grant: { readonly code: Secret; readonly verifier: Secret; readonly redirectUri: string },
): Promise<TokenAnswer> {
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: grant.code.reveal(),
    redirect_uri: grant.redirectUri,
    client_id: CLIENT_ID,
    code_verifier: grant.verifier.reveal(),
  });
  return readTokens(await call(desk, '/oauth/token', form.toString(), 'application/x-www-form-urlencoded'));
}

/** Uses the refresh token up: whatever comes back, it must not be used a second time. */
export async function refreshWith(
  desk: CodexDesk,
  refreshToken: Secret,
  proxyUrl: Secret | null,
): Promise<TokenAnswer> {
  const body = { client_id: CLIENT_ID, grant_type: 'refresh_token', refresh_token: refreshToken.reveal() };
  return readTokens(await post(desk, '/oauth/token', body, proxyUrl));
}

/** Tells the provider that the token is not needed any more. False when it did not say that it took it. */
export async function revoke(desk: CodexDesk, refreshToken: Secret, proxyUrl: Secret | null): Promise<boolean> {
  const body = { token: refreshToken.reveal(), token_type_hint: 'refresh_token', client_id: CLIENT_ID };
  const answer = await post(desk, '/oauth/revoke', body, proxyUrl);
  return answer.kind === 'answer' && answer.status >= 200 && answer.status < 300;
}

/** For the address that a person opens, and for redirects. Without a slash at the end. */
export function authBase(desk: CodexDesk): string {
  return desk.config()['codex.auth_base_url'].replace(/\/+$/, '');
}

function readTokens(answer: ProviderAnswer): TokenAnswer {
  if (answer.kind === 'trouble') return answer;
  const { status, json } = answer;
  if (status === 200 && json) {
    const expiresIn = json['expires_in'];
    const tokens = {
      accessToken: secretAt(json, 'access_token'),
      refreshToken: secretAt(json, 'refresh_token'),
      idToken: secretAt(json, 'id_token'),
      expiresInS: typeof expiresIn === 'number' && expiresIn > 0 ? expiresIn : null,
    };
    return tokens.accessToken || tokens.refreshToken ? { kind: 'tokens', tokens } : unexpected(status);
  }
  const code = refusalCode(json);
  // A 401 without a code that is known says no as well; a page or a limit in front of the provider does not.
  const isFinal = code !== null && (FINAL_CODES.has(code) || status === 401) && status < 500 && status !== 429;
  return isFinal ? { kind: 'refused', code } : unexpected(status);
}

function post(desk: CodexDesk, path: string, body: object, proxyUrl: Secret | null = null): Promise<ProviderAnswer> {
  return call(desk, path, JSON.stringify(body), 'application/json', proxyUrl);
}

function call(
  desk: CodexDesk,
  path: string,
  body: string,
  type: string,
  proxyUrl: Secret | null = null,
): Promise<ProviderAnswer> {
  const config = desk.config();
  return callProvider({
    method: 'POST',
    url: authBase(desk) + path,
    headers: { 'content-type': type },
    body,
    allowPrivate: config['codex.allow_private'],
    timeoutMs: config['codex.request_timeout_ms'],
    proxyUrl,
  });
}

function unexpected(status: number): { readonly kind: 'trouble'; readonly why: string } {
  return { kind: 'trouble', why: `answered with status ${status}` };
}

/** Tokens go into headers and sealed columns: anything but printable text of some length is taken for none. */
function secretAt(json: Readonly<Record<string, unknown>> | null, name: string): Secret | null {
  const value = json?.[name];
  const isFine = typeof value === 'string' && value.length <= TOKEN_MAX_CHARS && /^[\x21-\x7e]+$/.test(value);
  return isFine ? new Secret(value) : null;
}

/** It comes as a string. */
function intervalOf(value: unknown): number {
  const seconds = Number(value);
  return Number.isFinite(seconds) && seconds >= 1 ? Math.min(seconds, INTERVAL_MAX_S) : INTERVAL_DEFAULT_S;
}

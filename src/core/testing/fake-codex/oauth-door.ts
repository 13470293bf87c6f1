import type { CodexCall } from './codex-call.ts';
import type { CodexFault, PlainAnswer } from './codex-faults.ts';
import type { DeviceLogins } from './device-logins.ts';
import type { GrantRefusal, Grants, TokenSet } from './grants.ts';

export const FAKE_CLIENT_ID = 'app_EMoamEEZ73f0CkXaXp7hrann';

const WORDS: Readonly<Record<Exclude<GrantRefusal, 'invalid_grant'>, string>> = {
  refresh_token_reused:
    'Your refresh token has already been used to generate a new access token. Please try signing in again.',
  refresh_token_expired: 'Your refresh token has expired. Please try signing in again.',
  refresh_token_invalidated: 'Your session has ended. Please log in again.',
};

interface Rooms {
  readonly grants: Grants;
  readonly devices: DeviceLogins;
  /** False: logins by device code are not switched on. */
  readonly hasDeviceLogin: () => boolean;
}

/** What auth.openai.com answers; null for a path that it does not have. */
export function answerOauth(
  { grants, devices, hasDeviceLogin }: Rooms,
  call: CodexCall,
  fault?: CodexFault,
): PlainAnswer | null {
  switch (`${call.method} ${call.path}`) {
    case 'POST /oauth/token':
      return answerToken(grants, call, fault);
    case 'POST /oauth/revoke':
      grants.revoke(textAt(call, 'token'));
      return { status: 200, body: {} };
    case 'POST /api/accounts/deviceauth/usercode': {
      if (!hasDeviceLogin()) return { status: 404, body: { detail: 'Not Found' } };
      if (textAt(call, 'client_id') !== FAKE_CLIENT_ID) return { status: 400, body: { error: 'invalid_client' } };
      const { id, userCode } = devices.begin();
      return { status: 200, body: { device_auth_id: id, user_code: userCode, interval: '5' } };
    }
    case 'POST /api/accounts/deviceauth/token': {
      const done = devices.poll(textAt(call, 'device_auth_id'), textAt(call, 'user_code'));
      // One and the same thing is said with either status.
      const status = devices.polls % 2 === 0 ? 404 : 403;
      return done
        ? { status: 200, body: done }
        : { status, body: { error: { code: 'deviceauth_authorization_pending' } } };
    }
    default:
      return null;
  }
}

function answerToken(grants: Grants, call: CodexCall, fault?: CodexFault): PlainAnswer {
  if (textAt(call, 'client_id') !== FAKE_CLIENT_ID) return { status: 401, body: { error: 'invalid_client' } };
  const given = grantOf(grants, call);
  if (typeof given === 'string') return refused(given);
  const left = Object.entries(given).filter(([name]) => !fault?.omit?.includes(name));
  return {
    status: 200,
    body: { ...Object.fromEntries(left), token_type: 'Bearer', scope: 'openid profile email offline_access' },
  };
}

function grantOf(grants: Grants, call: CodexCall): TokenSet | GrantRefusal {
  switch (textAt(call, 'grant_type')) {
    case 'authorization_code':
      return grants.exchange(textAt(call, 'code'), textAt(call, 'code_verifier'), textAt(call, 'redirect_uri'));
    case 'refresh_token':
      return grants.refresh(textAt(call, 'refresh_token'));
    default:
      return 'invalid_grant';
  }
}

function refused(code: GrantRefusal): PlainAnswer {
  if (code === 'invalid_grant') {
    return { status: 400, body: { error: 'invalid_grant', error_description: 'The grant is invalid or expired.' } };
  }
  return { status: 401, body: { error: { message: WORDS[code], type: 'invalid_request_error', param: null, code } } };
}

function textAt(call: CodexCall, name: string): string {
  const value = call.body[name];
  return typeof value === 'string' ? value : '';
}

import { type EpochMs, epochMs, SECOND_MS } from '../time.ts';

/** What a token says about its account. It is shown and used to tell accounts apart, never to permit anything. */
export interface TokenClaims {
  readonly accountId: string | null;
  readonly userId: string | null;
  readonly email: string | null;
  readonly plan: string | null;
  readonly isFedramp: boolean;
  readonly expiresAt: EpochMs | null;
}

const TOKEN_MAX_CHARS = 32_768;
const TEXT_MAX_CHARS = 200;
/** The namespaces in which the provider puts its own claims. */
const AUTH = 'https://api.openai.com/auth';
const PROFILE = 'https://api.openai.com/profile';
/** Expiries beyond it are defects; JavaScript's dates end there. */
const EXPIRY_MAX_S = 8.64e12;

const NOTHING: TokenClaims = {
  accountId: null,
  userId: null,
  email: null,
  plan: null,
  isFedramp: false,
  expiresAt: null,
};

/** Reads the claims of a JWT without looking at its signature. Of a text that is none, everything is null. */
export function readClaims(token: string): TokenClaims {
  const payload = payloadOf(token);
  if (!payload) return NOTHING;
  const auth = objectAt(payload, AUTH);
  const expiry = payload['exp'];
  const isSane = typeof expiry === 'number' && expiry > 0 && expiry < EXPIRY_MAX_S;
  return {
    accountId: textAt(auth, 'chatgpt_account_id'),
    userId: textAt(auth, 'chatgpt_user_id') ?? textAt(auth, 'user_id'),
    email: textAt(payload, 'email') ?? textAt(objectAt(payload, PROFILE), 'email'),
    plan: textAt(auth, 'chatgpt_plan_type'),
    isFedramp: auth['chatgpt_account_is_fedramp'] === true,
    expiresAt: isSane ? epochMs(Math.floor(expiry) * SECOND_MS) : null,
  };
}

/** Of several tokens of one login, what the first of them says that says anything; the expiry is the last one's. */
export function joinClaims(idToken: string | null, accessToken: string): TokenClaims {
  const id = idToken === null ? NOTHING : readClaims(idToken);
  const access = readClaims(accessToken);
  return {
    accountId: id.accountId ?? access.accountId,
    userId: id.userId ?? access.userId,
    email: id.email ?? access.email,
    plan: id.plan ?? access.plan,
    isFedramp: id.isFedramp || access.isFedramp,
    expiresAt: access.expiresAt,
  };
}

type Json = Readonly<Record<string, unknown>>;

function payloadOf(token: string): Json | null {
  const [, payload = ''] = token.length <= TOKEN_MAX_CHARS ? token.split('.') : [];
  try {
    const parsed: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isObject(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function objectAt(from: Json, name: string): Json {
  const value = from[name];
  return isObject(value) ? value : {};
}

/** It is shown on terminals and stands in headers, so it must be short and printable. */
function textAt(from: Json, name: string): string | null {
  const value = from[name];
  const isFine =
    typeof value === 'string' && value !== '' && value.length <= TEXT_MAX_CHARS && /^[\x21-\x7e]+$/.test(value);
  return isFine ? value : null;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

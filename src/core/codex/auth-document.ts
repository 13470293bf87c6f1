import { Failure } from '../failure.ts';
import { Secret } from '../secret.ts';

/** What a file of another program says of a login. */
export interface AuthDocument {
  /** Which program writes such files. */
  readonly form: 'codex-cli' | 'cli-proxy-api';
  readonly accessToken: Secret | null;
  readonly refreshToken: Secret;
  readonly idToken: Secret | null;
  readonly accountId: string | null;
  readonly email: string | null;
}

type Json = Readonly<Record<string, unknown>>;

const TOKEN_MAX_CHARS = 8_192;
const TEXT_MAX_CHARS = 200;

/**
 * Reads `auth.json` of Codex CLI (tokens below `tokens`) or a file of CLIProxyAPI (tokens at the top). Fields that it
 * does not know are let be.
 * @throws Failure invalid_input that names what is missing and repeats nothing of the file
 */
export function readAuthDocument(document: unknown): AuthDocument {
  if (!isObject(document)) throw refuse('the file is not a JSON object');
  const nested = document['tokens'];
  if (isObject(nested)) return readTokens('codex-cli', nested, document);
  const isFlat = 'refresh_token' in document || 'access_token' in document;
  if (isFlat && (document['type'] ?? 'codex') !== 'codex') {
    throw refuse('the file holds a login of another provider: its type is not "codex"');
  }
  if (isFlat) return readTokens('cli-proxy-api', document, document);
  if (typeof document['OPENAI_API_KEY'] === 'string') {
    throw refuse(
      'the file holds an API key and no ChatGPT login',
      'add the key to an upstream of the kind openai: realms credential add UPSTREAM --key-stdin',
    );
  }
  throw refuse(
    'the file holds no tokens',
    'give the auth.json of Codex CLI (~/.codex/auth.json) or a file of CLIProxyAPI',
  );
}

function readTokens(form: AuthDocument['form'], tokens: Json, whole: Json): AuthDocument {
  const refreshToken = tokenAt(tokens, 'refresh_token');
  if (!refreshToken) {
    throw refuse(
      'the file has no refresh_token, so that the login would soon be over',
      'log in instead: realms codex login NAME',
    );
  }
  return {
    form,
    refreshToken,
    accessToken: tokenAt(tokens, 'access_token'),
    idToken: tokenAt(tokens, 'id_token'),
    accountId: textAt(tokens, 'account_id'),
    email: textAt(whole, 'email'),
  };
}

/** Null when it is absent or empty. @throws Failure invalid_input */
function tokenAt(from: Json, name: string): Secret | null {
  const value = from[name];
  if (value === undefined || value === null || value === '') return null;
  const isFine = typeof value === 'string' && value.length <= TOKEN_MAX_CHARS && /^[\x21-\x7e]+$/.test(value);
  if (!isFine) throw refuse(`${name} of the file is no token`);
  return new Secret(value);
}

function textAt(from: Json, name: string): string | null {
  const value = from[name];
  const isFine =
    typeof value === 'string' && value !== '' && value.length <= TEXT_MAX_CHARS && /^[\x21-\x7e]+$/.test(value);
  return isFine ? value : null;
}

function refuse(message: string, hint?: string): Failure {
  return new Failure('invalid_input', { message, param: 'document', ...(hint !== undefined && { hint }) });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

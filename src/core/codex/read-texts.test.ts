import { describe, expect, test } from 'vitest';
import type { Failure } from '../failure.ts';
import { Secret } from '../secret.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { epochMs } from '../time.ts';
import { readAuthDocument } from './auth-document.ts';
import { isSameState, readCallback } from './callback-url.ts';
import { challengeOf, newProof } from './codex-login.ts';
import { joinClaims, readClaims } from './token-claims.ts';

const jwt = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
const AUTH = 'https://api.openai.com/auth';

function failureOf(run: () => unknown): Failure {
  try {
    run();
  } catch (error) {
    return error as Failure;
  }
  throw new Error('nothing was refused');
}

describe('claims', () => {
  test('are read from their namespaces', () => {
    const token = jwt({
      exp: 1_767_225_600.7,
      'https://api.openai.com/profile': { email: 'a@example.com' },
      [AUTH]: {
        chatgpt_account_id: 'acc-1',
        user_id: 'user-1',
        chatgpt_plan_type: 'prolite',
        chatgpt_account_is_fedramp: true,
      },
    });
    expect(readClaims(token)).toEqual({
      accountId: 'acc-1',
      userId: 'user-1',
      email: 'a@example.com',
      plan: 'prolite',
      isFedramp: true,
      expiresAt: epochMs(1_767_225_600_000),
    });
  });

  test('of both tokens are joined; the expiry is the access token’s', () => {
    const id = jwt({ email: 'a@example.com', exp: 1, [AUTH]: { chatgpt_account_id: 'acc-1' } });
    const access = jwt({ exp: 2, [AUTH]: { chatgpt_account_id: 'acc-2', chatgpt_user_id: 'user-2', user_id: 'x' } });
    expect(joinClaims(id, access)).toMatchObject({
      accountId: 'acc-1',
      userId: 'user-2',
      email: 'a@example.com',
      expiresAt: 2_000,
    });
  });

  test.each([
    '',
    'opaque',
    'a.b.c',
    `a.${'x'.repeat(40_000)}.c`,
    jwt([]),
    jwt(null),
    jwt({ exp: 'soon', [AUTH]: 'x' }),
    jwt({ exp: -1, [AUTH]: { chatgpt_account_id: 7 } }),
    jwt({ exp: 1e300, [AUTH]: { chatgpt_account_id: 'two words\u001b[31m', chatgpt_plan_type: 'x'.repeat(300) } }),
  ])('of %j are none', (token) => {
    expect(readClaims(token)).toEqual({
      accountId: null,
      userId: null,
      email: null,
      plan: null,
      isFedramp: false,
      expiresAt: null,
    });
  });
});

describe('a callback', () => {
  test.each([
    'http://localhost:1455/auth/callback?code=ac_1&scope=openid&state=st',
    '  https://anything/auth/callback?state=st&code=ac_1#fragment \n',
    '?code=ac_1&state=st',
    'code=ac_1&state=st',
  ])('is read from %j', (pasted) => {
    const { code, state } = readCallback(pasted);
    expect([code.reveal(), state.reveal()]).toEqual(['ac_1', 'st']);
  });

  test.each([
    '',
    'canary',
    'http://localhost:1455/auth/callback',
    '?code=canary',
    '?state=canary',
    `?code=${'x'.repeat(9_000)}&state=s`,
    '?code=a%0ab&state=s',
  ])('is not read from %j, and nothing of it is repeated', (pasted) => {
    const failure = failureOf(() => readCallback(pasted));
    expect(failure.code).toBe('invalid_input');
    expect(JSON.stringify(failure.facts)).not.toContain('canary');
  });

  test('that says no says why, in a word', () => {
    expect(failureOf(() => readCallback('?error=access_denied&state=s'))).toMatchObject({
      code: 'forbidden',
      message: 'the login page answered access_denied',
    });
    expect(failureOf(() => readCallback('?error=%1b[31mcanary&state=s')).message).toBe(
      'the login page answered an error',
    );
  });

  test('belongs to its login only with the same state', () => {
    expect(isSameState(new Secret('abc'), 'abc')).toBe(true);
    expect(isSameState(new Secret('abd'), 'abc')).toBe(false);
    expect(isSameState(new Secret('ab'), 'abc')).toBe(false);
  });
});

test('a proof has the lengths of Codex CLI, and its challenge is the one of RFC 7636', () => {
  const { state, verifier } = newProof(seededRandom());
  expect([Buffer.from(state, 'base64url').length, Buffer.from(verifier, 'base64url').length]).toEqual([32, 64]);
  // The example of appendix B.
  expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  );
});

describe('a file of another program', () => {
  const revealed = (document: unknown) => {
    const { accessToken, refreshToken, idToken, ...rest } = readAuthDocument(document);
    return {
      ...rest,
      accessToken: accessToken?.reveal(),
      refreshToken: refreshToken.reveal(),
      idToken: idToken?.reveal(),
    };
  };

  test('of Codex CLI is read, with fields that are not known', () => {
    const tokens = {
      id_token: 'i',
      access_token: 'a',
      refresh_token: 'r',
      account_id: 'acc',
      oauth_provenance: { issuer: 'x' },
    };
    const document = {
      auth_mode: 'chatgpt',
      OPENAI_API_KEY: null,
      tokens,
      last_refresh: '2026-01-01T00:00:00Z',
      new: 1,
    };
    expect(revealed(document)).toEqual({
      form: 'codex-cli',
      accessToken: 'a',
      refreshToken: 'r',
      idToken: 'i',
      accountId: 'acc',
      email: null,
    });
  });

  test('of CLIProxyAPI is read', () => {
    const document = {
      type: 'codex',
      access_token: 'a',
      refresh_token: 'r',
      id_token: '',
      account_id: 'acc',
      email: 'a@b.c',
      expired: 'x',
    };
    expect(revealed(document)).toEqual({
      form: 'cli-proxy-api',
      accessToken: 'a',
      refreshToken: 'r',
      idToken: undefined,
      accountId: 'acc',
      email: 'a@b.c',
    });
  });

  test.each([
    ['no object', 'canary', /not a JSON object/],
    ['a list', ['canary'], /not a JSON object/],
    ['an API key', { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-canary', tokens: null }, /API key and no ChatGPT login/],
    [
      'a login of another provider',
      { type: 'claude', access_token: 'canary', refresh_token: 'canary' },
      /another provider/,
    ],
    ['nothing of interest', { canary: 1 }, /no tokens/],
    ['no refresh token', { tokens: { access_token: 'canary' } }, /no refresh_token/],
    [
      'a refresh token of another kind',
      { tokens: { refresh_token: { canary: 1 } } },
      /refresh_token of the file is no token/,
    ],
    ['an access token with a line end', { tokens: { refresh_token: 'r', access_token: 'canary\nx' } }, /access_token/],
    ['a token that is too long', { tokens: { refresh_token: 'x'.repeat(9_000) } }, /refresh_token/],
  ])('with %s is refused, and nothing of it is repeated', (_, document, message) => {
    const failure = failureOf(() => readAuthDocument(document));
    expect(failure).toMatchObject({ code: 'invalid_input', message: expect.stringMatching(message) });
    expect(JSON.stringify(failure.facts)).not.toContain('canary');
  });
});

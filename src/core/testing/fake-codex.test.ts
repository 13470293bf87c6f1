import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { challengeOf } from './fake-codex/grants.ts';
import { FAKE_CLIENT_ID } from './fake-codex/oauth-door.ts';
import { type ChatGptAccount, codexFault, type FakeCodex, startFakeCodex, type TokenSet } from './fake-codex.ts';

const TURN = { model: 'gpt-5-codex', store: false, stream: true, input: [] };

let clock: FakeClock;
let fake: FakeCodex;
let account: ChatGptAccount;
let tokens: TokenSet;

beforeEach(async () => {
  clock = fakeClock();
  fake = await startFakeCodex({ clock, decoders: { reversed: (bytes) => Buffer.from(bytes).reverse() } });
  account = fake.addAccount();
  tokens = fake.login(account);
});
afterEach(async () => await fake.close());

async function post(url: string, body: object | string, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(url, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json', ...headers },
  });
  const said = await answer.text();
  const isJson = (answer.headers.get('content-type') ?? '').includes('json');
  return { status: answer.status, headers: answer.headers, text: said, json: isJson ? JSON.parse(said) : null };
}

const token = (fields: object) => post(`${fake.authBaseUrl}/oauth/token`, { client_id: FAKE_CLIENT_ID, ...fields });
const refresh = (refreshToken: string) => token({ grant_type: 'refresh_token', refresh_token: refreshToken });
const bearer = (given: TokenSet = tokens) => ({
  authorization: `Bearer ${given.access_token}`,
  'chatgpt-account-id': account.accountId,
});
const turn = (body: object = TURN, headers = bearer()) => post(`${fake.codexBaseUrl}/responses`, body, headers);
const eventsOf = (text: string): { type: string; [field: string]: unknown }[] =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? ''));

describe('tokens', () => {
  test('every refresh token counts once', async () => {
    const first = await refresh(tokens.refresh_token);
    expect(first.status).toBe(200);
    expect(await refresh(tokens.refresh_token)).toMatchObject({
      status: 401,
      json: { error: { code: 'refresh_token_reused' } },
    });
    expect((await refresh(first.json.refresh_token)).status).toBe(200);
    expect(fake.grants.refreshes).toBe(2);
  });

  test('forms are taken as well as JSON, and nobody else’s client', async () => {
    const form = new URLSearchParams({
      client_id: FAKE_CLIENT_ID,
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
    });
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post(`${fake.authBaseUrl}/oauth/token`, form.toString(), type)).status).toBe(200);
    expect(await token({ client_id: 'other' })).toMatchObject({ status: 401, json: { error: 'invalid_client' } });
  });

  test.each([
    ['expired', 'refresh_token_expired'],
    ['revoked', 'refresh_token_invalidated'],
  ] as const)('%s ones are refused as %s', async (state, code) => {
    fake.grants.endRefresh(account, state);
    expect((await refresh(tokens.refresh_token)).json.error.code).toBe(code);
  });

  test('a call that is lost on the way back has used its token', async () => {
    fake.plan({ path: '/oauth/token' }, { lost: 'cut' });
    await expect(refresh(tokens.refresh_token)).rejects.toThrow();
    expect((await refresh(tokens.refresh_token)).json.error.code).toBe('refresh_token_reused');
  });

  test('fields can be left out', async () => {
    fake.plan({ path: '/oauth/token' }, { omit: ['refresh_token', 'id_token'] });
    expect(Object.keys((await refresh(tokens.refresh_token)).json)).not.toContain('refresh_token');
  });
});

describe('logins', () => {
  const authorize = (changes: Record<string, string> = {}) =>
    `${fake.authBaseUrl}/oauth/authorize?${new URLSearchParams({
      response_type: 'code',
      client_id: FAKE_CLIENT_ID,
      redirect_uri: 'http://localhost:1455/auth/callback',
      scope: 'openid offline_access',
      code_challenge: challengeOf('the verifier'),
      code_challenge_method: 'S256',
      state: 's'.repeat(43),
      ...changes,
    })}`;
  const exchange = (code: string, verifier: string) =>
    token({
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: 'http://localhost:1455/auth/callback',
    });

  test('a consent gives a code that counts once and needs its verifier', async () => {
    const callback = new URL(fake.consent(authorize(), account));
    expect(callback.searchParams.get('state')).toBe('s'.repeat(43));
    const code = callback.searchParams.get('code') ?? '';
    expect((await exchange(code, 'another')).status).toBe(400);
    expect((await exchange(code, 'the verifier')).status).toBe(200);
    expect((await exchange(code, 'the verifier')).status).toBe(400);
  });

  test.each([
    { redirect_uri: 'http://127.0.0.1:1455/auth/callback' },
    { client_id: 'other' },
    { code_challenge_method: 'plain' },
    { scope: 'openid' },
  ])('the page refuses %j', (changes) => {
    expect(() => fake.consent(authorize(changes), account)).toThrow('would refuse');
  });

  test('a device login is pending by either status until it is approved', async () => {
    const begun = (await post(`${fake.authBaseUrl}/api/accounts/deviceauth/usercode`, { client_id: FAKE_CLIENT_ID }))
      .json;
    expect(begun.interval).toBe('5');
    const poll = () => post(`${fake.authBaseUrl}/api/accounts/deviceauth/token`, begun);
    expect(new Set([(await poll()).status, (await poll()).status])).toEqual(new Set([403, 404]));
    fake.approve(begun.user_code, account);
    const { authorization_code: code, code_verifier: verifier } = (await poll()).json;
    const redirect = { redirect_uri: `${fake.authBaseUrl}/deviceauth/callback` };
    const given = { grant_type: 'authorization_code', code, code_verifier: verifier, ...redirect };
    expect((await token(given)).status).toBe(200);
  });
});

describe('the backend', () => {
  test('knows its tokens and their account', async () => {
    expect((await turn(TURN, { ...bearer(), authorization: 'Bearer nobody' })).json.error.code).toBe(
      'token_invalidated',
    );
    expect((await turn(TURN, { ...bearer(), 'chatgpt-account-id': 'other' })).status).toBe(403);
    clock.advance(11 * 86_400_000);
    expect((await turn()).json.error.code).toBe('token_expired');
  });

  test.each([
    [{ temperature: 1 }, 'Unsupported parameter: temperature'],
    [{ previous_response_id: 'resp_1' }, 'Unsupported parameter: previous_response_id'],
    [{ stream_options: { include_usage: true } }, 'Unsupported parameter: stream_options.include_usage'],
    [{ store: true }, 'Store must be set to false'],
    [{ stream: false }, 'Stream must be set to true'],
    [{ input: 'hello' }, 'Input must be a list'],
    [{ input: [{ role: 'system', content: 'x' }] }, 'System messages are not allowed'],
    [{ parallel_tool_calls: true }, 'parallel_tool_calls is only allowed with tools'],
    [{ service_tier: 'flex' }, 'Unsupported service_tier: flex'],
  ])('refuses %j', async (changes, detail) => {
    expect(await turn({ ...TURN, ...changes })).toMatchObject({ status: 400, json: { detail } });
  });

  test('streams an answer with its limits in headers and in an event', async () => {
    account.limits[0] = {
      ...account.limits[0],
      primary: { usedPercent: 12.5, minutes: 300, resetsAtS: 1_767_240_000 },
    };
    fake.reply({ reasoning: 'I think', emptyOutput: true });
    const { headers, text } = await turn({ ...TURN, include: ['reasoning.encrypted_content'] });
    expect(headers.get('x-codex-primary-used-percent')).toBe('12.5');
    expect(headers.get('x-codex-turn-state')).toMatch(/^turn-/);
    const events = eventsOf(text);
    expect(events.slice(0, 3).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'codex.rate_limits',
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { output: [] } });
    const items = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
    expect(items).toMatchObject([{ type: 'reasoning' }, { type: 'message', content: [{ text: 'Hello from Codex.' }] }]);
  });

  test('what it sealed for one account another cannot give back', async () => {
    fake.reply({ reasoning: 'secret' });
    const include = ['reasoning.encrypted_content'];
    const events = eventsOf((await turn({ ...TURN, include })).text);
    const item = events.find(({ type }) => type === 'response.output_item.done')?.['item'];
    expect((await turn({ ...TURN, input: [item] })).status).toBe(200);
    const other = fake.addAccount();
    const headers = {
      authorization: `Bearer ${fake.login(other).access_token}`,
      'chatgpt-account-id': other.accountId,
    };
    expect(await turn({ ...TURN, input: [item] }, headers)).toMatchObject({
      status: 400,
      json: { error: { code: 'invalid_encrypted_content' } },
    });
  });

  test('compacts by its own path and by a trigger', async () => {
    const { store: _, stream: __, ...body } = TURN;
    const direct = await post(`${fake.codexBaseUrl}/responses/compact`, body, bearer());
    expect(direct.json).toMatchObject({ object: 'response.compaction', output: [{ type: 'compaction' }] });
    const events = eventsOf((await turn({ ...TURN, input: [{ type: 'compaction_trigger' }] })).text);
    expect(events.at(-1)).toMatchObject({ response: { output: [{ type: 'compaction' }] } });
  });

  test('a window fills, refuses, and starts over at its reset', async () => {
    account.percentPerAnswer = 60;
    await turn();
    await turn();
    const refused = await turn();
    expect(refused).toMatchObject({
      status: 429,
      json: { error: { type: 'usage_limit_reached', resets_in_seconds: 18_000 } },
    });
    clock.advance(18_000_000);
    expect((await turn(TURN, bearer(fake.login(account)))).status).toBe(200);
  });

  test('decodes bodies as it was taught', async () => {
    const reversed = JSON.stringify(TURN).split('').reverse().join('');
    const send = (encoding: string) =>
      post(`${fake.codexBaseUrl}/responses`, reversed, { ...bearer(), 'content-encoding': encoding });
    expect((await send('reversed')).status).toBe(200);
    expect((await send('zstd')).status).toBe(415);
  });

  test.each([
    ['usageLimit', 429],
    ['usageNotIncluded', 403],
    ['rateLimit', 429],
    ['tokenExpired', 401],
    ['blockedPage', 403],
    ['deactivated', 403],
    ['atCapacity', 400],
    ['overloaded', 503],
  ] as const)('goes wrong once as planned: %s', async (name, status) => {
    fake.plan({ path: '/backend-api/codex/responses', accountId: account.accountId }, codexFault[name]());
    expect((await turn()).status).toBe(status);
    expect((await turn()).status).toBe(200);
  });

  test('goes wrong within a stream', async () => {
    fake.plan({}, codexFault.overloadedInStream());
    expect(eventsOf((await turn()).text).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'codex.rate_limits',
      'response.failed',
    ]);
    fake.plan({}, { stream: { withoutTerminal: true } });
    expect(eventsOf((await turn()).text).at(-1)?.type).toBe('response.output_item.done');
    fake.plan({}, { stream: { cutAfter: 2 } });
    await expect(turn()).rejects.toThrow();
  });

  test('says what an account has used', async () => {
    account.limits.push({ id: 'codex_bengalfox', name: 'Fox', primary: null, secondary: null });
    const answer = await fetch(`${fake.backendBaseUrl}/wham/usage`, { headers: bearer() });
    expect(await answer.json()).toMatchObject({
      plan_type: 'plus',
      rate_limit: { allowed: true, primary_window: { limit_window_seconds: 18_000, reset_after_seconds: 18_000 } },
      additional_rate_limits: [{ metered_feature: 'codex_bengalfox', limit_name: 'Fox' }],
    });
  });
});

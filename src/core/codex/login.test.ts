import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inChange } from '../database/index.ts';
import { openKeyring, rotateKeyring } from '../keyring/index.ts';
import { Secret } from '../secret.ts';
import { type ChatGptAccount, codexFault } from '../testing/fake-codex.ts';
import { DAY_MS, MINUTE_MS } from '../time.ts';
import { addCredential, addUpstream, editCredential, findUpstream, resealSecrets } from '../upstreams/index.ts';
import { beginBrowserLogin, beginDeviceLogin } from './begin-login.ts';
import { findAccount, listAccounts } from './find-account.ts';
import { cancelLogin, keepLogin, type ProvenLogin, pollLogin, proveByCallback } from './finish-login.ts';
import { importTokens } from './import-tokens.ts';
import { onlyCodexUpstream, requireCodexUpstream } from './pick-upstream.ts';
import { endLogin, removeAccount } from './remove-account.ts';
import { resealCodex } from './reseal-codex.ts';
import { saveLogin } from './save-login.ts';
import { type CodexScene, codexScene } from './testing/codex-scene.ts';

const ALICE = 'token:alice';

let scene: CodexScene;
let chatgpt: ChatGptAccount;

beforeEach(async () => {
  scene = await codexScene();
  chatgpt = scene.fake.addAccount({ email: 'dev+1@example.com' });
});
afterEach(async () => await scene.close());

const input = (changes: object = {}) => ({
  upstreamId: scene.upstream.id,
  actor: ALICE,
  credentialName: null,
  ...changes,
});
const keep = (proven: ProvenLogin) => inChange(scene.ctx, 'upstreams', (tx) => keepLogin(tx, scene.desk, proven));
const accounts = () => listAccounts(scene.ctx, scene.keyring);
const logins = () => scene.ctx.db('codex_logins').select('*');
const importInto = async (document: unknown, name: string | null = null) => {
  const { tokens } = await importTokens(scene.desk, document);
  return await inChange(scene.ctx, 'upstreams', (tx) => saveLogin(tx, scene.keyring, scene.upstream, tokens, name));
};

describe('a login in a browser', () => {
  test('ends with an account whose credential is named after its address', async () => {
    const { id, url } = await beginBrowserLogin(scene.desk, input());
    const query = Object.fromEntries(new URL(url).searchParams);
    expect(query).toMatchObject({
      id_token_add_organizations: 'true',
      codex_cli_simplified_flow: 'true',
      originator: 'codex_cli_rs',
      redirect_uri: 'http://localhost:1455/auth/callback',
      scope: 'openid profile email offline_access',
    });
    const proven = await proveByCallback(scene.desk, ALICE, id, scene.fake.consent(url, chatgpt));
    const { account, before } = await keep(proven);
    expect(before).toBeNull();
    expect(account).toMatchObject({
      accountId: chatgpt.accountId,
      userId: chatgpt.userId,
      email: 'dev+1@example.com',
      plan: 'plus',
      state: 'active',
      accessExpiresAt: scene.clock.now() + 10 * DAY_MS,
    });
    expect((await accounts())[0]?.credential.name).toBe('dev-1-example.com');
    const { accessToken } = await scene.row(account.credentialId);
    expect(scene.fake.grants.openAccess(accessToken)?.account).toBe(chatgpt);
    expect(await logins()).toEqual([]);
  });

  test('can come back to the other port', async () => {
    const { id, url } = await beginBrowserLogin(scene.desk, input({ port: 1457 }));
    expect(new URL(url).searchParams.get('redirect_uri')).toBe('http://localhost:1457/auth/callback');
    await keep(await proveByCallback(scene.desk, ALICE, id, scene.fake.consent(url, chatgpt)));
    expect(await accounts()).toHaveLength(1);
  });

  test('goes on after a restart', async () => {
    const { id, url } = await beginBrowserLogin(scene.desk, input({ credentialName: 'mine' }));
    const restarted = { ...scene.desk, ctx: { ...scene.ctx } };
    await keep(await proveByCallback(restarted, ALICE, id, scene.fake.consent(url, chatgpt)));
    expect((await accounts())[0]?.credential.name).toBe('mine');
  });

  test('is nobody else’s to finish or to give up', async () => {
    const { id, url } = await beginBrowserLogin(scene.desk, input());
    const callback = scene.fake.consent(url, chatgpt);
    await expect(proveByCallback(scene.desk, 'token:mallory', id, callback)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(cancelLogin(scene.desk, 'token:mallory', id)).rejects.toMatchObject({ code: 'not_found' });
    expect(scene.fake.calls).toEqual([]);
    await proveByCallback(scene.desk, ALICE, id, callback);
  });

  test('is finished once, also by two at the same time', async () => {
    const { id, url } = await beginBrowserLogin(scene.desk, input());
    const proven = await proveByCallback(scene.desk, ALICE, id, scene.fake.consent(url, chatgpt));
    const both = await Promise.allSettled([keep(proven), keep(proven)]);
    expect(both.map(({ status }) => status).filter((status) => status === 'fulfilled')).toHaveLength(1);
    expect(await accounts()).toHaveLength(1);
  });

  test.each([
    ['of another login', (own: string, other: string) => [own, other], 'invalid_input'],
    ['after half an hour', (own: string) => [own, own], 'not_found'],
  ] as const)('is not finished by an address %s', async (when, pick, code) => {
    const one = await beginBrowserLogin(scene.desk, input());
    const two = await beginBrowserLogin(scene.desk, input());
    const [, callback = ''] = pick(scene.fake.consent(one.url, chatgpt), scene.fake.consent(two.url, chatgpt));
    if (when.startsWith('after')) scene.clock.advance(30 * MINUTE_MS);
    await expect(proveByCallback(scene.desk, ALICE, one.id, callback)).rejects.toMatchObject({ code });
    expect(scene.fake.calls).toEqual([]);
  });

  test('whose code the provider refuses stays open, and says nothing of the code', async () => {
    const { id, url } = await beginBrowserLogin(scene.desk, input());
    const callback = scene.fake.consent(url, chatgpt);
    const forged = callback.replace(/code=[^&]+/, 'code=canary');
    const refused = await proveByCallback(scene.desk, ALICE, id, forged).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'forbidden', message: 'the provider refused the login: invalid_grant' });
    expect(JSON.stringify(refused)).not.toContain('canary');
    await keep(await proveByCallback(scene.desk, ALICE, id, callback));
  });

  test('is stored so that the database alone is of no use', async () => {
    const { url } = await beginBrowserLogin(scene.desk, input());
    const stored = JSON.stringify(await logins());
    expect(stored).not.toContain(new URL(url).searchParams.get('state') ?? '');
    expect(stored).not.toContain('verifier');
  });
});

describe('a login by device code', () => {
  test('is pending until the code was typed', async () => {
    const begun = await beginDeviceLogin(scene.desk, input());
    expect(begun).toMatchObject({ url: `${scene.fake.authBaseUrl}/codex/device`, intervalMs: 5_000 });
    // The provider says it by 403 and by 404.
    for (let i = 0; i < 2; i++) {
      expect(await pollLogin(scene.desk, ALICE, begun.id)).toEqual({ kind: 'pending', waitMs: 5_000 });
      scene.clock.advance(5_000);
    }
    scene.fake.approve(begun.userCode, chatgpt);
    const poll = await pollLogin(scene.desk, ALICE, begun.id);
    if (poll.kind !== 'proven') throw new Error('it should have been over');
    expect((await keep(poll.proven)).account.accountId).toBe(chatgpt.accountId);
    await expect(pollLogin(scene.desk, ALICE, begun.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('asks the provider once in each interval, however many ask', async () => {
    const { id } = await beginDeviceLogin(scene.desk, input());
    await Promise.all(Array.from({ length: 10 }, () => pollLogin(scene.desk, ALICE, id)));
    expect(scene.fake.devicePolls).toBe(1);
    scene.clock.advance(5_000);
    await pollLogin(scene.desk, ALICE, id);
    expect(scene.fake.devicePolls).toBe(2);
  });

  test('goes on when the provider stumbles', async () => {
    const { id } = await beginDeviceLogin(scene.desk, input());
    scene.fake.plan({ path: '/api/accounts/deviceauth/token' }, codexFault.status(502));
    expect((await pollLogin(scene.desk, ALICE, id)).kind).toBe('pending');
  });

  test('is over after a quarter of an hour, and swept away', async () => {
    const { id } = await beginDeviceLogin(scene.desk, input());
    scene.clock.advance(15 * MINUTE_MS);
    await expect(pollLogin(scene.desk, ALICE, id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('that the provider has switched off says what to do instead', async () => {
    scene.fake.switchDeviceLogin(false);
    await expect(beginDeviceLogin(scene.desk, input())).rejects.toMatchObject({
      code: 'conflict',
      facts: { hint: expect.stringContaining('--paste') },
    });
  });

  test('does not mix with the other way', async () => {
    const device = await beginDeviceLogin(scene.desk, input());
    const browser = await beginBrowserLogin(scene.desk, input());
    await expect(proveByCallback(scene.desk, ALICE, device.id, '?code=a&state=b')).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(pollLogin(scene.desk, ALICE, browser.id)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('is one of at most a hundred', async () => {
    for (let i = 0; i < 100; i++) await beginBrowserLogin(scene.desk, input());
    await expect(beginDeviceLogin(scene.desk, input())).rejects.toMatchObject({ code: 'overloaded' });
    expect(scene.fake.calls).toEqual([]);
    scene.clock.advance(30 * MINUTE_MS);
    await beginDeviceLogin(scene.desk, input());
  });
});

describe('the same account again', () => {
  test('has one row with the newer tokens, and is active again', async () => {
    const first = await importInto(scene.fake.authFile(chatgpt));
    scene.fake.grants.endRefresh(chatgpt, 'revoked');
    const room = await scene.open();
    await room.refresh(first.account.credentialId, { fingerprint: null });
    chatgpt.plan = 'pro';
    const again = await importInto(scene.fake.authFile(chatgpt), 'another-name');
    expect(again.before).toMatchObject({ state: 'needs_login' });
    expect(again.account).toMatchObject({
      credentialId: first.account.credentialId,
      state: 'active',
      plan: 'pro',
      version: 2,
    });
    expect(await accounts()).toHaveLength(1);
  });

  test('by another person of the workspace is another account', async () => {
    await importInto(scene.fake.authFile(chatgpt));
    const colleague = scene.fake.addAccount({ accountId: chatgpt.accountId, email: chatgpt.email });
    // Names are given in the order in which accounts come.
    scene.clock.advance(1);
    await importInto(scene.fake.authFile(colleague));
    expect((await accounts()).map(({ credential }) => credential.name)).toEqual([
      'dev-1-example.com',
      'dev-1-example.com-2',
    ]);
    await expect(findAccount(scene.ctx, scene.keyring, chatgpt.email)).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('in another upstream is refused', async () => {
    await importInto(scene.fake.authFile(chatgpt));
    const other = await addUpstream(scene.ctx, scene.keyring, {
      name: 'other',
      kind: 'codex',
      baseUrl: 'https://chatgpt.com/backend-api/codex',
    });
    const { tokens } = await importTokens(scene.desk, scene.fake.authFile(chatgpt));
    const saving = inChange(scene.ctx, 'upstreams', (tx) => saveLogin(tx, scene.keyring, other, tokens, null));
    await expect(saving).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('"chatgpt" already'),
    });
  });
});

describe('an import', () => {
  test('takes the tokens as they are, and asks nobody', async () => {
    const tokens = scene.fake.login(chatgpt);
    const { account } = await importInto(scene.fake.authFile(chatgpt, tokens));
    expect(scene.fake.calls).toEqual([]);
    expect((await scene.row(account.credentialId)).accessToken).toBe(tokens.access_token);
    expect(scene.fake.grants.isRefreshGood(tokens.refresh_token)).toBe(true);
  });

  test('of the flat form without an id token knows the account by its access token', async () => {
    const { access_token, refresh_token } = scene.fake.login(chatgpt);
    const { account } = await importInto({ type: 'codex', access_token, refresh_token, email: 'said@example.com' });
    expect(account).toMatchObject({ accountId: chatgpt.accountId, email: chatgpt.email });
  });

  test('of tokens that are over gets new ones at once', async () => {
    const tokens = scene.fake.grants.issue(chatgpt, 30);
    const { account } = await importInto(scene.fake.authFile(chatgpt, tokens));
    expect(scene.fake.grants.refreshes).toBe(1);
    expect((await scene.row(account.credentialId)).accessToken).not.toBe(tokens.access_token);
  });

  test('of a login that is over is refused', async () => {
    const tokens = scene.fake.grants.issue(chatgpt, 30);
    scene.fake.grants.refresh(tokens.refresh_token);
    await expect(importTokens(scene.desk, scene.fake.authFile(chatgpt, tokens))).rejects.toMatchObject({
      code: 'forbidden',
      message: 'the login of this file is over: refresh_token_reused',
    });
  });

  test('of opaque tokens that name nobody is refused', async () => {
    const document = { tokens: { access_token: 'opaque', refresh_token: 'opaque' } };
    await expect(importInto(document)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('which ChatGPT account'),
    });
  });
});

describe('upstreams of the kind codex', () => {
  test('take no keys', async () => {
    const secret = new Secret('sk-0123456789');
    const { ctx, keyring, upstream } = scene;
    const refusal = { code: 'conflict', message: expect.stringContaining('takes no keys') };
    await expect(addCredential(ctx, keyring, upstream.id, { name: 'a', secret })).rejects.toMatchObject(refusal);
    const { account } = await importInto(scene.fake.authFile(chatgpt));
    await expect(editCredential(ctx, keyring, account.credentialId, { secret })).rejects.toMatchObject(refusal);
    await editCredential(ctx, keyring, account.credentialId, { name: 'renamed', weight: 3 });
    const given = { name: 'second', kind: 'codex', baseUrl: 'https://example.com/codex', secret } as const;
    await expect(addUpstream(ctx, keyring, given)).rejects.toMatchObject(refusal);
  });

  test('are found alone, and asked for when there are several', async () => {
    const { ctx, keyring } = scene;
    expect((await onlyCodexUpstream(ctx, keyring)).name).toBe('chatgpt');
    await addUpstream(ctx, keyring, { name: 'plain', kind: 'openai', baseUrl: 'https://example.com/v1' });
    expect((await onlyCodexUpstream(ctx, keyring)).name).toBe('chatgpt');
    await expect(requireCodexUpstream(ctx, keyring, 'plain')).rejects.toMatchObject({ code: 'conflict' });
    await addUpstream(ctx, keyring, { name: 'second', kind: 'codex', baseUrl: 'https://example.com/codex' });
    await expect(onlyCodexUpstream(ctx, keyring)).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

test('a logout removes the account and ends its login', async () => {
  const { account } = await importInto(scene.fake.authFile(chatgpt));
  const place = await findAccount(scene.ctx, scene.keyring, chatgpt.email.toUpperCase());
  const last = await inChange(scene.ctx, 'upstreams', (tx) => removeAccount(tx, scene.desk, place));
  expect(await endLogin(scene.desk, last)).toBe(true);
  expect(scene.fake.grants.isRefreshGood(last.refreshToken?.reveal() ?? '')).toBe(false);
  expect(await accounts()).toEqual([]);
  expect((await findUpstream(scene.ctx, scene.keyring, 'chatgpt')).credentials).toEqual([]);
  await expect(scene.row(account.credentialId)).rejects.toThrow();
});

test('a rotation of the keyring keeps accounts and pending logins', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'realms-codex-'));
  const keyring = await openKeyring({ file: join(folder, 'keyring.json') }, scene.ctx);
  const desk = { ...scene.desk, keyring };
  const { tokens } = await importTokens(desk, scene.fake.authFile(chatgpt));
  const { account } = await inChange(scene.ctx, 'upstreams', (tx) =>
    saveLogin(tx, keyring, scene.upstream, tokens, null),
  );
  const { id, url } = await beginBrowserLogin(desk, input());
  const owners = [resealSecrets, resealCodex].map((reseal) => (current: typeof keyring) => reseal(scene.ctx, current));
  // The access token, the refresh token with its id token, and the login.
  expect(await rotateKeyring(keyring, scene.clock, owners)).toMatchObject({
    resealed: 3,
    dropped: [expect.any(String)],
  });
  const room = await scene.open({ keyring });
  expect(await room.refresh(account.credentialId, { fingerprint: null })).toEqual({ kind: 'refreshed' });
  await proveByCallback(desk, ALICE, id, scene.fake.consent(url, chatgpt));
  await rm(folder, { recursive: true });
});

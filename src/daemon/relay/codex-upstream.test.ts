import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createKey } from '../../core/identity/index.ts';
import { type ChatGptAccount, codexFault, type FakeCodex, startFakeCodex } from '../../core/testing/fake-codex.ts';
import { adminCall } from '../testing/admin-call.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { httpExchange } from '../testing/http-exchange.ts';

let fake: FakeCodex;
let boot: BootedDaemon;
let key: string;
const people: ChatGptAccount[] = [];

beforeAll(async () => {
  fake = await startFakeCodex();
  boot = await bootDaemon({
    settings: {
      'codex.auth_base_url': fake.authBaseUrl,
      'codex.backend_base_url': fake.backendBaseUrl,
      'codex.allow_private': true,
    },
  });
  await post('/admin/upstreams', { name: 'chatgpt', kind: 'codex', allow_private: true });
  for (const email of ['one@example.com', 'two@example.com']) {
    const account = fake.addAccount({ email });
    people.push(account);
    await post('/admin/codex-accounts/import', { document: fake.authFile(account) });
  }
  const { upstreams } = boot.house.live.state.topology;
  await boot.addModel('gpt-x', [...upstreams.values()], 'gpt-5-codex');
  const user = await boot.addUser('dev');
  const made = await boot.change((tx) => createKey(tx, { userId: user.id, name: 'laptop' }));
  key = made.text.reveal();
});
beforeEach(() => {
  fake.reset();
  const now = boot.ctx.clock.now();
  for (const { id } of boot.house.cooldowns.list(now)) boot.house.cooldowns.clear(id, now, 'the next test');
  // Failures in a row count across tests as they do across requests.
  for (const upstream of boot.house.live.state.topology.upstreams.values()) {
    for (const credential of upstream.credentials) {
      const name = `${upstream.name}/${credential.name}`;
      boot.house.health.began(name);
      boot.house.health.ended(name, { failed: false, firstOutputMs: null });
    }
  }
});
afterAll(async () => {
  await boot.stop();
  await fake.close();
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
const post = (path: string, body: object = {}) => adminCall<any>(boot.folder, 'POST', path, body);
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
const get = (path: string) => adminCall<any>(boot.folder, 'GET', path);
const ask = (body: object, headers: Record<string, string> = {}, path = '/v1/responses') =>
  httpExchange(`${boot.url}${path}`, {
    method: 'POST',
    body: { model: 'gpt-x', ...body },
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
const openai = () => new OpenAI({ apiKey: key, baseURL: `${boot.url}/v1`, maxRetries: 0 });
const lastTurn = () => {
  const turn = fake.turns.at(-1);
  if (!turn) throw new Error('the backend was not asked');
  return turn;
};

describe('a request to a ChatGPT account', () => {
  test('of a plain client is made one that the backend takes, and its stream is whole', async () => {
    fake.reply({ emptyOutput: true });
    const stream = await openai().responses.create({
      model: 'gpt-x',
      input: 'hello',
      temperature: 0.3,
      max_output_tokens: 500,
      metadata: { a: 'b' },
      stream: true,
    });
    const seen: string[] = [];
    let output: unknown;
    for await (const event of stream) {
      seen.push(event.type);
      if (event.type === 'response.completed') output = event.response.output;
    }
    expect(seen[0]).toBe('response.created');
    expect(seen).not.toContain('codex.rate_limits');
    expect(output).toMatchObject([{ type: 'message', content: [{ text: 'Hello from Codex.' }] }]);
    expect(lastTurn().headers).toMatchObject({ 'chatgpt-account-id': expect.any(String), originator: 'codex_cli_rs' });
  });

  test('without a stream is answered whole, although the backend only streams', async () => {
    fake.reply({ emptyOutput: true });
    const answer = await openai().responses.create({ model: 'gpt-x', input: 'hello' });
    expect(answer).toMatchObject({ object: 'response', status: 'completed', output_text: 'Hello from Codex.' });
    expect(answer.usage).toMatchObject({ input_tokens: 100, output_tokens: 20 });
  });

  test('of Chat and of Anthropic is translated', async () => {
    const chat = await openai().chat.completions.create({
      model: 'gpt-x',
      messages: [{ role: 'user', content: 'hello' }],
      max_tokens: 50,
    });
    expect(chat.choices[0]?.message.content).toBe('Hello from Codex.');
    const anthropic = new Anthropic({ apiKey: key, baseURL: boot.url, maxRetries: 0 });
    const ask = { model: 'gpt-x', max_tokens: 50, messages: [{ role: 'user' as const, content: 'hello' }] };
    expect((await anthropic.messages.create(ask)).content).toMatchObject([{ text: 'Hello from Codex.' }]);
    expect((await anthropic.messages.stream(ask).finalMessage()).usage).toMatchObject({
      input_tokens: 60,
      cache_read_input_tokens: 40,
    });
  });

  test('names its conversation by one value of its own, and stays with one account', async () => {
    const headers = {
      'session-id': 'mine',
      'thread-id': 'mine',
      'user-agent': 'codex_exec/0.169.0 (Linux)',
      originator: 'codex_exec',
    };
    for (let i = 0; i < 4; i++) await ask({ input: 'hello', stream: true, prompt_cache_key: 'mine' }, headers);
    const turns = fake.turns;
    const names = turns.map((turn) => [
      turn.headers['session-id'],
      turn.headers['thread-id'],
      turn.body['prompt_cache_key'],
    ]);
    expect(new Set(names.flat()).size).toBe(1);
    expect(names.flat()).not.toContain('mine');
    expect(new Set(turns.map((turn) => turn.account?.accountId)).size).toBe(1);
    expect(lastTurn().headers).toMatchObject({ 'user-agent': headers['user-agent'], originator: 'codex_exec' });
  });

  test('is refused by the name of what the backend cannot do', async () => {
    const { status, text } = await ask({ input: 'hello', background: true });
    expect([status, JSON.parse(text).error]).toMatchObject([
      400,
      { code: 'unsupported_parameter', param: 'background' },
    ]);
    expect(fake.turns).toHaveLength(0);
  });

  test('may be a compaction, whose items go back to the account that made them', async () => {
    const first = await ask({ input: [{ role: 'user', content: 'a long story' }] }, {}, '/v1/responses/compact');
    expect(first.status).toBe(200);
    const { output } = JSON.parse(first.text);
    const made = fake.calls.at(-1)?.account?.accountId;
    for (let i = 0; i < 4; i++) {
      expect((await ask({ input: output, stream: true })).status).toBe(200);
      expect(lastTurn().account?.accountId).toBe(made);
    }
  });
});

describe('what goes wrong at an account', () => {
  test('an access token that ran out is renewed, and nobody notices', async () => {
    fake.plan({ path: '/backend-api/codex/responses' }, codexFault.tokenExpired());
    const { status, text } = await ask({ input: 'hello', stream: true });
    expect([status, text.includes('response.completed')]).toEqual([200, true]);
    expect(fake.calls.filter(({ path }) => path === '/oauth/token')).toHaveLength(1);
    expect((await get('/admin/cooldowns')).items).toEqual([]);
  });

  test.each([
    ['a limit that is reached rests the account until its reset', codexFault.usageLimit(3_600), 'credential'],
    ['a model at capacity rests that model', codexFault.atCapacity(), 'credential_model'],
    ['an overload within the stream, before any output', codexFault.overloadedInStream(), null],
  ])('%s, and another account answers', async (_, fault, scope) => {
    fake.plan({ path: '/backend-api/codex/responses' }, fault);
    const { status, text } = await ask({ input: 'hello', stream: true });
    expect([status, text.includes('response.completed')]).toEqual([200, true]);
    expect(new Set(fake.turns.map((turn) => turn.account?.accountId)).size).toBe(2);
    const rests = (await get('/admin/cooldowns')).items;
    expect(rests.map((rest: { scope: string }) => rest.scope)).toEqual(scope === null ? [] : [scope]);
    const listed = (await get('/admin/codex-accounts')).items;
    expect(listed.every(({ state }: { state: string }) => state === 'active')).toBe(true);
  });

  test('a page of the guard in front of the backend is no word about the account', async () => {
    fake.plan({ path: '/backend-api/codex/responses' }, codexFault.blockedPage(), 9);
    const { status, text } = await ask({ input: 'hello', stream: true });
    expect([status, text.includes('<')]).toEqual([502, false]);
    const listed = (await get('/admin/codex-accounts')).items;
    expect(listed.map(({ state }: { state: string }) => state)).toEqual(['active', 'active']);
  });

  test('an account that was deactivated is asked no more', async () => {
    const gone = fake.addAccount({ email: 'gone@example.com' });
    await post('/admin/codex-accounts/import', { document: fake.authFile(gone) });
    fake.plan({ path: '/backend-api/codex/responses', accountId: gone.accountId }, codexFault.deactivated(), 9);
    for (let i = 0; i < 12; i++) expect((await ask({ input: 'hello', stream: true })).status).toBe(200);
    const blocked = (await get('/admin/codex-accounts')).items.filter(
      ({ state }: { state: string }) => state === 'blocked',
    );
    expect(blocked).toMatchObject([{ email: 'gone@example.com' }]);
    expect(fake.turns.filter((turn) => turn.account?.accountId === gone.accountId)).toHaveLength(1);
  });

  test('errors reach the client without a word of the account', async () => {
    fake.plan({ path: '/backend-api/codex/responses' }, codexFault.usageLimit(3_600), 2);
    const { status, text, headers } = await ask({ input: 'hello' }, { 'user-agent': 'codex_exec/0.169.0' });
    expect(status).toBe(429);
    expect(JSON.parse(text).error).toMatchObject({ type: 'usage_limit_reached', resets_at: expect.any(Number) });
    expect(text).not.toContain('plus');
    expect(Object.keys(headers).filter((name) => name.startsWith('x-codex'))).toEqual([]);
  });
});

describe('limits', () => {
  test('are read from every answer', async () => {
    for (const { limits } of people) if (limits[0]?.primary) limits[0].primary.usedPercent = 61;
    await ask({ input: 'hello', stream: true });
    const { account } = lastTurn();
    const seen = (await get('/admin/codex-accounts')).items.find(
      (row: { account_id: string }) => row.account_id === account?.accountId,
    );
    expect(JSON.stringify(seen)).toContain('61');
  });

  test('the caller’s own are what a Codex CLI is shown', async () => {
    for (const path of ['/api/codex/usage', '/backend-api/wham/usage']) {
      const { status, text } = await httpExchange(`${boot.url}${path}`, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect([status, JSON.parse(text)]).toMatchObject([
        200,
        { rate_limit: { allowed: true }, credits: { unlimited: true } },
      ]);
      expect((await httpExchange(`${boot.url}${path}`)).status).toBe(401);
    }
  });
});

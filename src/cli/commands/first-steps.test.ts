import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../testing/run.ts';
import { type StubDaemon, startStubDaemon } from '../testing/stub-daemon.ts';

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon();
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
});

test('upstream add sends what was given and nothing else', async () => {
  const line = 'upstream add main --kind openai --base-url http://127.0.0.1:18080/v1 --key-stdin --allow-private';
  const { code, out, err } = await run(['--socket', daemon.address, ...line.split(' ')], { stdin: 'sk-upstream' });
  expect([code, err]).toEqual([0, expect.stringContaining('realms upstream test')]);
  expect(out).toMatch(/^name +some-name\n/);
  expect(daemon.calls.at(-1)).toMatchObject({
    operationId: 'createUpstream',
    body: {
      name: 'main',
      kind: 'openai',
      base_url: 'http://127.0.0.1:18080/v1',
      key: 'sk-upstream',
      allow_private: true,
    },
  });
});

test('model add takes the upstream and the prices', async () => {
  const line =
    'model add gpt-x --upstream main --upstream-model gpt-x-2026 --input 1.25 --cached-input 0.125 --output 10';
  expect((await run(['--socket', daemon.address, ...line.split(' ')])).code).toBe(0);
  expect(daemon.calls.at(-1)?.body).toEqual({
    id: 'gpt-x',
    upstream: 'main',
    upstream_model: 'gpt-x-2026',
    prices: { input: '1.25', cached_input: '0.125', output: '10' },
  });
});

test('a price may have tiers, each of them whole', async () => {
  const line =
    'model price set m --input 2 --output 8 --priority-input 4 --priority-output 16 --above-tokens 200000 --above-input 3 --above-output 9 --from 7d';
  expect((await run(line.split(' '), { socket: daemon.address })).code).toBe(0);
  expect(daemon.calls.at(-1)?.body).toEqual({
    input: '2',
    output: '8',
    priority: { input: '4', output: '16' },
    high_context: { above_tokens: 200_000, input: '3', output: '9' },
    effective_from: '2026-11-27T12:00:00.000Z',
  });
});

test('key create gives the key in JSON', async () => {
  const body = { id: 'key_1', key: 'sk-the-new-key', user_id: 'usr_1', user: 'owner', name: 'laptop' };
  daemon.answer('createKey', { status: 201, body });
  const argv = ['--socket', daemon.address, 'key', 'create', '--user', 'owner', '--name', 'laptop', '-o', 'json'];
  const { code, out, err } = await run(argv);
  expect([code, JSON.parse(out)]).toEqual([0, body]);
  expect(err).toContain('the only time that the key is shown');
  expect((await run(argv.slice(0, -2))).out).toContain('key   sk-the-new-key\n');
});

test('limits, lists and moments of a key', async () => {
  const line =
    'key edit laptop --models gpt-*,o4 --ips all --groups a --groups b --rpm none --tpm 1000 --expires never --not-before 2026-12-01 --disconnect default';
  expect((await run(line.split(' '), { socket: daemon.address })).code).toBe(0);
  expect(daemon.calls.at(-1)).toMatchObject({ operationId: 'editKey', params: { key: 'laptop' } });
  expect(daemon.calls.at(-1)?.body).toEqual({
    models: ['gpt-*', 'o4'],
    ips: [],
    groups: ['a', 'b'],
    rpm: null,
    tpm: 1000,
    expires_at: null,
    not_before: '2026-12-01T00:00:00.000Z',
    disconnect_policy: null,
  });
});

test('feature disable says when something stronger decides', async () => {
  const items = [{ name: 'billing', setting: 'feature_disable_billing', enabled: false, source: 'self_mode' }];
  daemon.answer('setFeature', { status: 200, body: { self_mode: { enabled: true, source: 'file' }, items } });
  const { code, out, err } = await run(['feature', 'enable', 'billing'], { socket: daemon.address });
  expect(code).toBe(0);
  expect(out).toMatch(/self-mode +on +file/);
  expect(err).toContain('warning: billing stays off, because self_mode decides');
  expect(daemon.calls.at(-1)).toMatchObject({ params: { feature: 'billing' }, body: { enabled: true } });
});

test('names with slashes and spaces reach the daemon whole', async () => {
  await run(['model', 'show', 'meta/llama 4?x=1#y'], { socket: daemon.address });
  expect(daemon.calls.at(-1)?.params).toEqual({ model: 'meta/llama 4?x=1#y' });
});

test('usage of a period counted back from now', async () => {
  await run(['usage', 'list', '--since', '24h', '--until', '2026-11-20T10:00:00+02:00', '--limit', '5'], {
    socket: daemon.address,
  });
  expect(daemon.calls.at(-1)?.query).toEqual({
    since: '2026-11-19T12:00:00.000Z',
    until: '2026-11-20T08:00:00.000Z',
    limit: '5',
  });
});

test('a price list is read from stdin and its difference shown', async () => {
  const rates = {
    input: '1',
    cached_input: '0.1',
    cache_write_5m: '1',
    cache_write_1h: '1',
    output: '2',
    priority: null,
    high_context: null,
  };
  const body = {
    dry_run: true,
    added: [{ model: 'new', after: rates }],
    changed: [{ model: 'old', before: null, after: { ...rates, input: '3' } }],
    unchanged: ['same'],
    skipped: [{ model: 'picture', why: 'no price for tokens' }],
  };
  daemon.answer('importPricing', { status: 200, body });
  const stdin = '{"new": {"input_cost_per_token": 1e-06}}';
  const { code, out, err } = await run(['model', 'import', '-', '--dry-run'], { socket: daemon.address, stdin });
  expect([code, err]).toEqual([0, 'nothing was changed: this was a dry run\n']);
  expect(out).toBe(`+ new  in $1, cached $0.1, cache write $1 (5m) $1 (1h), out $2
~ old
    was without a price
    now in $3, cached $0.1, cache write $1 (5m) $1 (1h), out $2
  picture skipped: no price for tokens
1 added, 1 changed, 1 unchanged, 1 skipped
`);
  expect(daemon.calls.at(-1)?.body).toMatchObject({
    document: { new: { input_cost_per_token: 0.000001 } },
    dry_run: true,
  });
});

import { expect, test } from 'vitest';
import { run } from '../../testing/run.ts';
import { startStubDaemon } from '../../testing/stub-daemon.ts';

const EVENT = {
  id: 'req_1',
  at: '2026-11-20T11:59:58.250Z',
  user_id: 'usr_1',
  user: 'owner',
  key_id: 'key_1',
  key: null,
  endpoint: '/v1/chat/completions',
  model: 'gpt-x',
  upstream_model: 'gpt-x-2026',
  served_model: 'gpt-x-2026-01',
  upstream_id: 'up_2',
  upstream: 'relay-3',
  credential_id: 'cred_2',
  group: 'cheap',
  multiplier: '1.5',
  outcome: 'completed',
  status: 200,
  error_code: null,
  stream: true,
  attempts: 2,
  usage: {
    input_tokens: 1200,
    cached_input_tokens: 1000,
    cache_write_5m_tokens: 0,
    cache_write_1h_tokens: 50,
    output_tokens: 300,
    reasoning_tokens: 120,
  },
  usage_source: 'upstream',
  service_tier: 'default',
  price_id: 'prc_1',
  cost_usd: '0.005062',
  cost_usd_micros: 5062,
  payer: 'balance',
  payer_id: 'usr_1',
  payer_multiplier: '0.8',
  reserved_usd: '0.02',
  charged_usd: '0.005062',
  charged_usd_micros: 5062,
  duration_ms: 2340,
  first_output_ms: 910,
  request_bytes: 2048,
  response_bytes: 9000,
};

const DECISION = {
  id: 'req_1',
  at: '2026-11-20T11:59:58.250Z',
  model: { asked: 'gpt-latest', resolved: 'gpt-x', via: 'alias' },
  ladder: ['cheap'],
  sticky: { kind: 'soft', source: 'prompt_cache_key', credential: 'main/default', outcome: 'left' },
  attempts: [
    {
      candidates: [
        { name: 'main/default', removed: null, score: 0.731234 },
        { name: 'relay-3/second', removed: null, score: 0.2 },
        { name: 'azure/default', removed: 'model not bound', score: null },
      ],
      omitted: 2,
      chosen: 'main/default',
      started_ms: 1.2,
      took_ms: 340,
      status: 429,
      verdict: 'retry elsewhere',
      error_code: 'rate_limit_exceeded',
      cooldown: { scope: 'credential', until: '2026-11-20T12:01:00.000Z', source: 'header', reason: 'rate_limit' },
    },
    {
      candidates: [{ name: 'relay-3/second', removed: null, score: null }],
      omitted: 0,
      chosen: 'relay-3/second',
      started_ms: 460,
      took_ms: 1880,
      status: 200,
      verdict: 'ok',
      error_code: null,
      cooldown: null,
    },
  ],
  quota: { payer: 'owner (free mode)', settled: 'nothing is charged' },
  refusal: null,
  disconnect: null,
};

const STORY = `request   req_1 at 2026-11-20 11:59:58 UTC
asked     /v1/chat/completions, as a stream, 2048 bytes
by        user owner, key key_1
model     gpt-latest → gpt-x (by alias)
groups    cheap
sticky    soft, named by prompt_cache_key; served by main/default before; left
attempt 1  main/default, at +1ms
    * main/default  score 0.7312
      relay-3/second  score 0.2
    - azure/default  left out: model not bound
    … and 2 more
    → retry elsewhere: status 429, rate_limit_exceeded after 340ms
    cooldown: credential left alone until 2026-11-20 12:01:00 (rate_limit, from header)
attempt 2  relay-3/second, at +460ms
    * relay-3/second
    → ok: status 200 after 1.9s
outcome   completed, status 200, after 2 attempts
time      2.3s in all, first output after 910ms, 9000 bytes back
served    gpt-x-2026-01, tier default
tokens    1200 in (1000 cached) (50 written to the cache), 300 out (120 for reasoning), counted by: upstream
cost      $0.005062 at price prc_1 × 1.5, group cheap; × 0.8 by the payer
money     owner (free mode): nothing is charged
`;

test('a request is told from question to cost', async () => {
  await using daemon = await startStubDaemon();
  daemon.answer('showRequest', { status: 200, body: { event: EVENT, decision: DECISION } });
  const { code, out, err } = await run(['explain', 'req_1'], { socket: daemon.address });
  expect([code, err]).toEqual([0, '']);
  expect(out).toBe(STORY);
});

test('JSON is exactly what the daemon answered', async () => {
  await using daemon = await startStubDaemon();
  const body = { event: EVENT, decision: { ...DECISION, a_field_of_tomorrow: true } };
  daemon.answer('showRequest', { status: 200, body });
  const { out } = await run(['explain', 'req_1', '-o', 'json'], { socket: daemon.address });
  expect(JSON.parse(out)).toEqual(body);
});

test('a refusal, a client that left, and what is no longer kept', async () => {
  await using daemon = await startStubDaemon();
  const event = {
    ...EVENT,
    outcome: 'refused',
    status: 404,
    usage: null,
    cost_usd: null,
    first_output_ms: null,
    served_model: null,
    upstream_model: null,
  };
  const refusal = { code: 'model_not_found', message: 'no model gpt-y' };
  const decision = { ...DECISION, sticky: null, attempts: [], ladder: [], refusal, disconnect: 'drained' };
  daemon.answer('showRequest', { status: 200, body: { event, decision } });
  const { out } = await run(['explain', 'req_1'], { socket: daemon.address });
  expect(out).toContain('refused   no model gpt-y (model_not_found)\nclient    went away: drained\n');
  expect(out).toContain('sticky    no\n');
  expect(out).toContain('tokens    none known\ncost      nothing\n');
  daemon.answer('showRequest', { status: 200, body: { event: null, decision: null } });
  expect((await run(['explain', 'req_1'], { socket: daemon.address })).out).toBe(
    'the request is still running, or its usage is not written yet\nhow it was routed is no longer kept\n',
  );
});

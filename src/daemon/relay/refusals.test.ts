import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { editKey, editUser } from '../../core/identity/index.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { fault } from '../testing/fake-upstream.ts';
import type { HttpExchange } from '../testing/http-exchange.ts';
import { errorOf, openScene, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon({ settings: { 'relay.body_encoded_max_bytes': 50_000 } });
});
afterAll(async () => await boot.stop());

const CODEX = ['codex_cli_rs/0.1', 'codex_exec/0.169.0 (Linux) xterm', 'codex-tui/0.169.0'];
const SDK = 'OpenAI/JS 7.55.0';

/** Each way in which Realms itself says no, and what anyone but Codex sees. */
const REFUSALS: Readonly<
  Record<string, { status: number; refuse(scene: Scene, agent: string): Promise<HttpExchange> }>
> = {
  'an unknown key': {
    status: 401,
    refuse: (scene, agent) => scene.responses({}, { headers: { 'user-agent': agent, authorization: 'Bearer sk-x' } }),
  },
  'a disabled key': {
    status: 401,
    refuse: async (scene, agent) => {
      await boot.change((ctx) => editKey(ctx, scene.key.id, { enabled: false }));
      return await scene.responses({}, { headers: { 'user-agent': agent } });
    },
  },
  'a suspended user': {
    status: 403,
    refuse: async (scene, agent) => {
      await boot.change((ctx) => editUser(ctx, scene.user.id, { status: 'suspended' }));
      return await scene.responses({}, { headers: { 'user-agent': agent } });
    },
  },
  'an unknown model': {
    status: 404,
    refuse: (scene, agent) => scene.responses({ model: 'unknown' }, { headers: { 'user-agent': agent } }),
  },
  'an unknown response': {
    status: 400,
    refuse: (scene, agent) => scene.responses({ previous_response_id: 'resp_x' }, { headers: { 'user-agent': agent } }),
  },
  'a body that is too large': {
    status: 413,
    refuse: (scene, agent) => scene.responses({ input: 'x'.repeat(60_000) }, { headers: { 'user-agent': agent } }),
  },
  'a limit': {
    status: 429,
    refuse: async (scene, agent) => {
      await boot.change((ctx) => editKey(ctx, scene.key.id, { limits: { rpm: 1 } }));
      await scene.responses();
      return await scene.responses({}, { headers: { 'user-agent': agent } });
    },
  },
  'accounts that are used up': {
    status: 429,
    refuse: async (scene, agent) => {
      scene.up.when({}, fault.usageLimitReached(undefined, 3_600));
      await scene.responses();
      return await scene.responses({}, { headers: { 'user-agent': agent } });
    },
  },
  'credentials that do not work': {
    status: 429,
    refuse: async (scene, agent) => {
      scene.up.when({}, fault.invalidApiKey());
      await scene.responses();
      return await scene.responses({}, { headers: { 'user-agent': agent } });
    },
  },
};

describe.each(Object.keys(REFUSALS))('%s', (name) => {
  const { status, refuse } = REFUSALS[name] as (typeof REFUSALS)[string];

  test(`is a ${status} for an SDK, in OpenAI's shape`, async () => {
    const answer = await refuse(await openScene(boot), SDK);
    expect(answer.status).toBe(status);
    expect(Object.keys(errorOf(answer)).slice(0, 4)).toEqual(['message', 'type', 'param', 'code']);
    expect(errorOf(answer)['code']).toMatch(/^[a-z_]+$/);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers['x-request-id']).toMatch(/^req_/);
    if (name !== 'a limit') expect(answer.headers['x-should-retry']).toBe('false');
  });

  test.each(CODEX)('makes %s stop at once', async (agent) => {
    const answer = await refuse(await openScene(boot), agent);
    if (status === 429) {
      expect(answer.status).toBe(429);
      expect(errorOf(answer)['type']).toBe('usage_limit_reached');
      expect(errorOf(answer)['resets_at']).toBeGreaterThan(Date.now() / 1_000);
    } else {
      expect(answer.status).toBe(400);
      expect(errorOf(answer)['message']).not.toBe('');
    }
  });
});

describe('trouble with an upstream credential', () => {
  test.each([
    ['401', fault.invalidApiKey()],
    ['402', fault.status(402)],
    ['403', fault.status(403)],
    ['insufficient_quota', fault.insufficientQuota()],
  ])("(%s) is never shown as the client's: no 401, 402 or 403", async (_name, behaviour) => {
    const scene = await openScene(boot);
    scene.up.when({}, behaviour);
    for (let i = 0; i < 2; i++) {
      const answer = await scene.chat();
      expect([401, 402, 403]).not.toContain(answer.status);
      expect(answer.text).not.toMatch(/Incorrect API key|billing details/);
    }
  });
});

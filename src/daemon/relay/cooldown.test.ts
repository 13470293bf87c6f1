import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type BootedDaemon, bootDaemon, pause } from '../testing/boot-daemon.ts';
import { type Behaviour, fault } from '../testing/fake-upstream.ts';
import { at, errorOf, openScene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon();
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => await boot.stop());

const MINUTE = 60_000;
const SLACK_MS = 5_000;
const inAnHour = () => Math.floor(Date.now() / 1000) + 3_600;

interface Case {
  readonly behaviour: () => Behaviour;
  readonly scope: 'credential' | 'credential_model' | 'endpoint';
  readonly source: 'header' | 'body' | 'default';
  readonly ms: number;
  readonly reason: string;
  /** Rests only after the second failure in a row. */
  readonly afterTwo?: true;
}

const CASES: Readonly<Record<string, Case>> = {
  '401': {
    behaviour: () => fault.invalidApiKey(),
    scope: 'credential',
    source: 'default',
    ms: 30 * MINUTE,
    reason: 'auth',
  },
  '402': {
    behaviour: () => fault.status(402),
    scope: 'credential',
    source: 'default',
    ms: 5 * MINUTE,
    reason: 'billing',
  },
  insufficient_quota: {
    behaviour: () => fault.insufficientQuota(),
    scope: 'credential',
    source: 'default',
    ms: 5 * MINUTE,
    reason: 'billing',
  },
  '403': {
    behaviour: () => fault.status(403),
    scope: 'credential',
    source: 'default',
    ms: 30 * MINUTE,
    reason: 'auth',
  },
  '403 with a web page': {
    behaviour: () => fault.htmlBlockPage(),
    scope: 'endpoint',
    source: 'default',
    ms: 5_000,
    reason: 'blocked',
    afterTwo: true,
  },
  '404 without the model': {
    behaviour: () => fault.modelNotFound(),
    scope: 'credential_model',
    source: 'default',
    ms: 12 * 60 * MINUTE,
    reason: 'model_missing',
  },
  '429 with retry-after': {
    behaviour: () => fault.rateLimited({ retryAfter: 40 }),
    scope: 'credential',
    source: 'header',
    ms: 40_000,
    reason: 'rate_limit',
  },
  '429 with a date': {
    behaviour: () => fault.rateLimited({ retryAfter: new Date(Date.now() + 90_000).toUTCString() }),
    scope: 'credential',
    source: 'header',
    ms: 90_000,
    reason: 'rate_limit',
  },
  '429 with retry-after-ms': {
    behaviour: () => fault.rateLimited({ retryAfter: 9, retryAfterMs: 61_500 }),
    scope: 'credential',
    source: 'header',
    ms: 61_500,
    reason: 'rate_limit',
  },
  '429 without a hint': {
    behaviour: () => fault.rateLimited(),
    scope: 'credential',
    source: 'default',
    ms: 1_000,
    reason: 'rate_limit',
  },
  'usage limit with resets_at': {
    behaviour: () => fault.usageLimitReached(inAnHour()),
    scope: 'credential',
    source: 'body',
    ms: 60 * MINUTE,
    reason: 'usage_limit',
  },
  'usage limit with resets_in_seconds': {
    behaviour: () => fault.usageLimitReached(undefined, 120),
    scope: 'credential',
    source: 'body',
    ms: 2 * MINUTE,
    reason: 'usage_limit',
  },
  'usage limit without a hint': {
    behaviour: () => fault.usageLimitReached(),
    scope: 'credential',
    source: 'default',
    ms: 5 * MINUTE,
    reason: 'usage_limit',
  },
  'model at capacity': {
    behaviour: () => fault.status(429, { error: { message: 'Selected model is at capacity', code: 'x' } }),
    scope: 'credential_model',
    source: 'default',
    ms: 30_000,
    reason: 'capacity',
  },
  '500': {
    behaviour: () => fault.status(500),
    scope: 'endpoint',
    source: 'default',
    ms: 5_000,
    reason: 'server',
    afterTwo: true,
  },
  '503': {
    behaviour: () => fault.overloaded(),
    scope: 'endpoint',
    source: 'default',
    ms: 5_000,
    reason: 'overloaded',
    afterTwo: true,
  },
  '503 with retry-after': {
    behaviour: () => fault.status(503, {}, { 'retry-after': '33' }),
    scope: 'endpoint',
    source: 'header',
    ms: 33_000,
    reason: 'overloaded',
    afterTwo: true,
  },
  'a reset': { behaviour: () => fault.reset(), scope: 'endpoint', source: 'default', ms: 5_000, reason: 'network' },
  'malformed JSON': {
    behaviour: () => fault.malformedJson(),
    scope: 'endpoint',
    source: 'default',
    ms: 5_000,
    reason: 'malformed',
  },
  'a redirect': {
    behaviour: () => fault.redirect('http://127.0.0.1:1/'),
    scope: 'endpoint',
    source: 'default',
    ms: 5_000,
    reason: 'redirect',
    afterTwo: true,
  },
};

describe('what rests, for how long and why', () => {
  test.each(Object.keys(CASES))('%s', async (name) => {
    const { behaviour, scope, source, ms, reason, afterTwo } = CASES[name] as Case;
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, behaviour());
    expect((await scene.chat()).status).toBe(200);
    if (afterTwo) {
      expect(await scene.cooldowns()).toEqual([]);
      expect((await scene.chat()).status).toBe(200);
    }
    const now = Date.now();
    const [cooldown, ...more] = await scene.cooldowns();
    expect(more).toEqual([]);
    expect(cooldown).toMatchObject({ scope, source, reason, ended_at: null });
    expect(Math.abs(Number(cooldown?.['until']) - now - ms)).toBeLessThan(SLACK_MS);
    const upstream = at(scene.upstreams, 0);
    const subject = { credential: upstream.credentials[0]?.id, endpoint: upstream.endpoints[0]?.id };
    expect(cooldown?.['subject']).toBe(
      scope === 'credential_model' ? `${subject.credential} ${scene.model}` : subject[scope],
    );
    const { attempts } = await scene.lastDecision();
    expect(attempts[0]?.cooldown).toMatchObject({ scope, source, reason });
    const before = scene.asked;
    expect((await scene.chat()).status).toBe(200);
    if (ms > 2_000) expect(scene.asked[0]).toBe(before[0]);
  });

  test('a rest of one model leaves the others of the credential alone', async () => {
    const scene = await openScene(boot, { upstreams: 2 });
    const other = await boot.addModel(`other-${scene.tag}`, scene.upstreams);
    scene.up.when({ model: scene.model }, fault.modelNotFound());
    await scene.chat();
    await scene.chat();
    expect(scene.asked).toEqual([1, 2]);
    await scene.chat({ model: other.publicId });
    expect(scene.asked).toEqual([2, 2]);
  });

  test('a rest of one credential leaves its neighbours alone', async () => {
    const scene = await openScene(boot, { credentials: 2 });
    scene.up.when({ key: `sk-up1-c1-${scene.tag}` }, fault.invalidApiKey());
    for (let i = 0; i < 12; i++) expect((await scene.chat()).status).toBe(200);
    expect(scene.up.requests.filter(({ key }) => key === `sk-up1-c1-${scene.tag}`).length).toBeLessThanOrEqual(1);
  });
});

describe('the last candidate', () => {
  test.each([
    ['429', fault.rateLimited({ retryAfter: 60 })],
    ['500', fault.status(500)],
    ['503', fault.overloaded()],
    ['a reset', fault.reset()],
    ['malformed JSON', fault.malformedJson()],
  ])('never rests for a transient error: %s', async (_name, behaviour) => {
    const scene = await openScene(boot);
    scene.up.when({}, behaviour);
    for (let i = 0; i < 3; i++) expect((await scene.chat()).status).toBeGreaterThanOrEqual(429);
    expect(await scene.cooldowns()).toEqual([]);
    scene.up.reset();
    expect((await scene.chat()).status).toBe(200);
  });

  test('rests for what will not pass, and then the answer says when it ends', async () => {
    const scene = await openScene(boot);
    scene.up.when({}, fault.usageLimitReached(undefined, 30));
    expect((await scene.chat()).status).toBe(429);
    const answer = await scene.chat();
    expect(answer.status).toBe(429);
    expect(scene.asked).toEqual([1]);
    expect(errorOf(answer)).toMatchObject({ code: 'no_upstream_available' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(25);
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(30);
    expect(errorOf(answer)['resets_in_seconds']).toBe(Number(answer.headers['retry-after']));
  });
});

describe('the ladder of rate limits without a hint', () => {
  test('climbs one rung for each rest that ran out, not for each request', async () => {
    await boot.set({ 'cooldown.rate_limit_base_ms': 300 });
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.when({}, fault.slowHeaders(100, fault.rateLimited()));
    await Promise.all(Array.from({ length: 5 }, () => scene.chat()));
    const [first] = await scene.cooldowns();
    expect(first).toMatchObject({ rung: 1 });
    await pause(700);
    await scene.chat();
    const rows = await scene.cooldowns();
    expect(rows.at(-1)).toMatchObject({ rung: 2 });
    const last = rows.at(-1);
    expect(Number(last?.['until']) - Number(last?.['created_at'])).toBe(600);
  });

  test('starts over after a success', async () => {
    await boot.set({ 'cooldown.rate_limit_base_ms': 100 });
    const scene = await openScene(boot, { upstreams: 2 });
    scene.up.queue(fault.rateLimited());
    await scene.chat();
    await pause(250);
    await scene.chat();
    expect(scene.asked).toEqual([2, 1]);
    scene.up.queue(fault.rateLimited());
    await scene.chat();
    expect((await scene.cooldowns()).at(-1)).toMatchObject({ rung: 1 });
  });
});

test('rests survive a restart of the daemon, and so does their end', async () => {
  const own = await bootDaemon();
  try {
    const scene = await openScene(own, { upstreams: 2 });
    scene.up.when({}, fault.invalidApiKey());
    await scene.chat();
    await scene.chat();
    expect(scene.asked).toEqual([1, 2]);
    await own.restart();
    await scene.chat();
    expect(scene.asked).toEqual([1, 3]);
    const now = own.ctx.clock.now();
    const [resting] = own.house.cooldowns.list(now);
    expect(own.house.cooldowns.clear(resting?.id ?? '', now, 'cleared by the operator')).toBe(true);
    scene.up.reset();
    await scene.chat();
    expect(scene.asked).toEqual([1, 3]);
    const [row] = await scene.cooldowns();
    expect(row).toMatchObject({ reason: 'auth', ended_why: 'cleared by the operator' });
    await own.restart();
    await scene.chat();
    expect(scene.asked).toEqual([2, 3]);
  } finally {
    await own.stop();
  }
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CredentialId } from '../ids.ts';
import type { EpochMs } from '../time.ts';
import type { Candidate } from './candidate.ts';
import type { Cooldown } from './cooldown.ts';
import type { HealthReading } from './health.ts';
import type { LimitRefusal } from './limit-book.ts';
import { type PickView, type PickWish, pick, qualityOf } from './pick.ts';
import { sampleCandidates, sampleUpstream } from './testing/sample-topology.ts';

const NOW = 1_767_225_600_000 as EpochMs;
const HEALTHY: HealthReading = { errorRate: 0, firstOutputMs: 0, inflight: 0, failuresInRow: 0 };
const later = (ms: number) => (NOW + ms) as EpochMs;

function viewOf(parts: Partial<PickView> = {}): PickView {
  return {
    now: NOW,
    unfit: () => null,
    share: () => 1,
    blocking: () => null,
    health: () => HEALTHY,
    limited: () => null,
    ...parts,
  };
}

function wishOf(parts: Partial<PickWish> = {}): PickWish {
  return { tried: new Set(), pinned: null, preferred: null, seed: 1, ...parts };
}

function restUntil(until: EpochMs): Cooldown {
  const ids = { id: 'cool_1' as Cooldown['id'], subject: 's' };
  return {
    ...ids,
    scope: 'endpoint',
    until,
    reason: 'server',
    evidence: '500',
    source: 'default',
    rung: 1,
    createdAt: NOW,
  };
}

/** A whole situation: candidates on rungs, and for each of them what is the matter with it. */
const situation = fc.record({
  upstreams: fc.array(
    fc.record({
      rung: fc.nat(2),
      priority: fc.oneof(fc.nat(3), fc.nat(1_000_000)),
      weight: fc.integer({ min: 1, max: 1_000 }),
      credentials: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  troubles: fc.array(
    fc.record({
      restMs: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
      limitMs: fc.option(fc.integer({ min: 1, max: 60_000 })),
      expiredMs: fc.option(fc.integer({ min: -5, max: 5 })),
      tried: fc.boolean(),
      errorRate: fc.double({ min: 0, max: 1, noNaN: true }),
      inflight: fc.nat(100),
      firstOutputMs: fc.nat(60_000),
    }),
    { minLength: 18, maxLength: 18 },
  ),
  pinnedAt: fc.option(fc.nat(17)),
  preferredAt: fc.option(fc.nat(17)),
  seed: fc.integer(),
});

type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

function stage({ upstreams, troubles, pinnedAt, preferredAt, seed }: Situation) {
  const rungs = [0, 1, 2].map((rung) =>
    upstreams.flatMap(({ rung: own, credentials, ...parts }, i) => {
      const expiries = troubles.slice(i * 3, i * 3 + credentials).map(({ expiredMs }) => ({
        expiresAt: expiredMs === null ? null : later(expiredMs),
      }));
      return own === rung ? [sampleUpstream(`u${i}`, { ...parts, credentials: expiries })] : [];
    }),
  );
  const candidates = sampleCandidates(...rungs);
  const troubleOf = (candidate: Candidate) => {
    const trouble = troubles[candidates.indexOf(candidate)];
    if (!trouble) throw new Error('a candidate without its trouble');
    return trouble;
  };
  const view = viewOf({
    blocking: (candidate) => {
      const { restMs } = troubleOf(candidate);
      return restMs === null ? null : restUntil(later(restMs));
    },
    health: (candidate) => ({ ...HEALTHY, ...troubleOf(candidate) }),
    limited: (candidate): LimitRefusal | null => {
      const { limitMs } = troubleOf(candidate);
      return limitMs === null ? null : { subject: 's', limit: 'rpm', retryAfterMs: limitMs };
    },
  });
  const credentialAt = (at: number | null) => (at === null ? null : (candidates[at]?.credential.id ?? null));
  const wish: PickWish = {
    tried: new Set(candidates.filter((candidate) => troubleOf(candidate).tried).map(({ name }) => name)),
    pinned: credentialAt(pinnedAt),
    preferred: credentialAt(preferredAt),
    seed,
  };
  const isExpired = ({ credential }: Candidate) => credential.expiresAt !== null && credential.expiresAt <= NOW;
  const isFree = (candidate: Candidate) =>
    !wish.tried.has(candidate.name) &&
    (wish.pinned === null || wish.pinned === candidate.credential.id) &&
    !isExpired(candidate) &&
    troubleOf(candidate).restMs === null &&
    troubleOf(candidate).limitMs === null;
  return { candidates, view, wish, isFree, troubleOf, isExpired };
}

test('in every situation: only what is free, every removal with its reason, rung before precedence, freeAt the earliest', () => {
  fc.assert(
    fc.property(situation, (given) => {
      const { candidates, view, wish, isFree, troubleOf, isExpired } = stage(given);
      const { chosen, verdicts, freeAt } = pick(candidates, view, wish);
      const free = candidates.filter(isFree);
      expect(verdicts.map(({ candidate }) => candidate)).toEqual(candidates);
      expect(verdicts.filter(({ kind }) => kind === 'scored').map(({ candidate }) => candidate)).toEqual(free);
      for (const verdict of verdicts) {
        if (verdict.kind === 'removed')
          expect(verdict.why).toMatch(/^(tried|not the pinned|credential exp|cooling: s|limit: r)/);
        else expect(Number.isFinite(verdict.score)).toBe(true);
      }
      expect(chosen === null).toBe(free.length === 0);
      if (chosen) {
        expect(free).toContain(chosen);
        expect(freeAt).toBeNull();
        expect(chosen.rung).toBe(Math.min(...free.map(({ rung }) => rung)));
        const onRung = free.filter(({ rung }) => rung === chosen.rung);
        const isCached = chosen.credential.id === wish.preferred;
        if (!isCached) expect(chosen.precedence).toBe(Math.min(...onRung.map(({ precedence }) => precedence)));
        return;
      }
      const ends = candidates
        .filter((candidate) => !wish.tried.has(candidate.name) && !isExpired(candidate))
        .filter((candidate) => wish.pinned === null || wish.pinned === candidate.credential.id)
        .map((candidate) => later(troubleOf(candidate).restMs ?? troubleOf(candidate).limitMs ?? 0));
      expect(freeAt).toBe(ends.length === 0 ? null : Math.min(...ends));
    }),
    { numRuns: 1_500 },
  );
});

test('the same seed gives the same pick and the same scores', () => {
  fc.assert(
    fc.property(situation, (given) => {
      const { candidates, view, wish } = stage(given);
      expect(pick(candidates, view, wish)).toEqual(pick(candidates, view, wish));
    }),
  );
});

test('no candidates: nothing, and no moment to wait for', () => {
  expect(pick([], viewOf(), wishOf())).toEqual({ chosen: null, verdicts: [], freeAt: null });
});

describe('weights', () => {
  /** How often each candidate was chosen over many seeds. */
  function shares(candidates: readonly Candidate[], view: PickView, runs = 8_000): Map<string, number> {
    const counts = new Map<string, number>(candidates.map(({ name }) => [name, 0]));
    for (let seed = 0; seed < runs; seed++) {
      const { chosen } = pick(candidates, view, wishOf({ seed: Math.imul(seed, 0x9e3779b1) }));
      if (chosen) counts.set(chosen.name, (counts.get(chosen.name) ?? 0) + 1);
    }
    return counts;
  }

  /** Pearson's sum; for 4 shares, 30 has a chance of one in a million. */
  function chiSquare(counts: ReadonlyMap<string, number>, weights: readonly number[]): number {
    const total = [...counts.values()].reduce((a, b) => a + b, 0);
    const weight = weights.reduce((a, b) => a + b, 0);
    return [...counts.values()].reduce((sum, count, i) => {
      const expected = (total * (weights[i] ?? 0)) / weight;
      return sum + (count - expected) ** 2 / expected;
    }, 0);
  }

  const weighted = (weights: readonly number[], priority = 0) =>
    weights.map((weight, i) => sampleUpstream(`w${i}`, { weight, priority }));

  test.each([[[1, 1, 1, 1]], [[1, 2, 3, 4]], [[100, 200, 300, 400]], [[1, 10, 100, 1_000]]])(
    '%j are the shares',
    (weights) => {
      expect(chiSquare(shares(sampleCandidates(weighted(weights)), viewOf()), weights)).toBeLessThan(30);
    },
  );

  test('also on the last rung, at a low priority, and when every one of them is in a bad state', () => {
    const first = sampleUpstream('first', { credentials: [{ enabled: false }] });
    const blocked = sampleUpstream('blocked', { priority: 1 });
    const candidates = sampleCandidates([first], [first], [blocked, ...weighted([1, 2, 3, 4], 2)]);
    const view = viewOf({
      blocking: ({ upstream }) => (upstream.name === 'blocked' ? restUntil(later(1)) : null),
      health: () => ({ ...HEALTHY, errorRate: 0.9, inflight: 10 }),
    });
    const counts = shares(candidates, view);
    counts.delete('blocked/c0');
    expect(chiSquare(counts, [1, 2, 3, 4])).toBeLessThan(30);
  });

  test('of credentials multiply with those of their upstreams', () => {
    const two = [
      sampleUpstream('a', { weight: 2, credentials: [{ weight: 1 }, { weight: 3 }] }),
      sampleUpstream('b', { weight: 4, credentials: [{ weight: 1 }] }),
    ];
    expect(chiSquare(shares(sampleCandidates(two), viewOf()), [2, 6, 4])).toBeLessThan(30);
  });

  test('give way to errors and to load, and trouble never takes all of a share', () => {
    const candidates = sampleCandidates(weighted([1, 1]));
    const view = viewOf({
      health: ({ upstream }) => (upstream.name === 'w0' ? { ...HEALTHY, errorRate: 0.5, inflight: 8 } : HEALTHY),
    });
    const counts = shares(candidates, view);
    const share = (counts.get('w0/c0') ?? 0) / 8_000;
    const quality = qualityOf({ ...HEALTHY, errorRate: 0.5, inflight: 8 });
    expect(share).toBeCloseTo(quality / (1 + quality), 1);
    expect(share).toBeGreaterThan(0.05);
  });
});

describe('soft stickiness', () => {
  const preferred = 'cred_warm0' as CredentialId;
  const healthOf = (errorRate: number) =>
    viewOf({ health: ({ upstream }) => (upstream.name === 'warm' ? { ...HEALTHY, errorRate } : HEALTHY) });
  const winners = (candidates: readonly Candidate[], view: PickView) =>
    new Set(
      Array.from(
        { length: 300 },
        (_, i) => pick(candidates, view, wishOf({ preferred, seed: i * 7_919 })).chosen?.upstream.name,
      ),
    );

  test('wins over weight and over every priority', () => {
    const many = Array.from({ length: 500 }, (_, i) => sampleUpstream(`p${i}`, { priority: i, weight: 1_000 }));
    expect(winners(sampleCandidates([...many, sampleUpstream('warm', { priority: 1_000_000 })]), viewOf())).toEqual(
      new Set(['warm']),
    );
  });

  test('never crosses a rung', () => {
    const cold = Array.from({ length: 500 }, (_, i) => sampleUpstream(`p${i}`, { priority: i }));
    const last = cold.at(-1);
    const view = viewOf({
      blocking: ({ upstream, rung }) => (rung === 0 && upstream !== last ? restUntil(later(1)) : null),
    });
    expect(winners(sampleCandidates(cold, [sampleUpstream('warm')]), view)).toEqual(new Set(['p499']));
  });

  test('is left at bad quality, and not a moment before', () => {
    const candidates = sampleCandidates([sampleUpstream('cold'), sampleUpstream('warm')]);
    expect(winners(candidates, healthOf(0.5))).toEqual(new Set(['warm']));
    expect(winners(candidates, healthOf(0.51)).has('cold')).toBe(true);
  });

  test('never overrides a rest', () => {
    const view = viewOf({ blocking: ({ upstream }) => (upstream.name === 'warm' ? restUntil(later(1)) : null) });
    expect(winners(sampleCandidates([sampleUpstream('cold'), sampleUpstream('warm')]), view)).toEqual(
      new Set(['cold']),
    );
  });
});

test('a pinned request goes to its credential and nowhere else, not even when that one rests', () => {
  const candidates = sampleCandidates([sampleUpstream('a', { credentials: [{}, {}] }), sampleUpstream('b')]);
  const pinned = 'cred_a1' as CredentialId;
  for (let seed = 0; seed < 50; seed++) {
    expect(pick(candidates, viewOf(), wishOf({ pinned, seed })).chosen?.credential.id).toBe(pinned);
  }
  const resting = viewOf({ blocking: ({ credential }) => restUntil(later(credential.id === pinned ? 9_000 : 1_000)) });
  expect(pick(candidates, resting, wishOf({ pinned }))).toMatchObject({ chosen: null, freeAt: later(9_000) });
});

test('endpoints of lower priority are used only when the better ones are not free', () => {
  const endpoints = [{ priority: 5 }, { priority: 0 }, { priority: 9 }];
  const candidates = sampleCandidates([sampleUpstream('a', { endpoints })]);
  const order: (string | undefined)[] = [];
  const tried = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const { chosen } = pick(candidates, viewOf(), wishOf({ tried: new Set(tried), seed: i }));
    order.push(chosen?.endpoint.id);
    tried.add(chosen?.name ?? '');
  }
  expect(order).toEqual(['ep_a1', 'ep_a0', 'ep_a2']);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { UpstreamId } from '../ids.ts';
import type { Binding } from '../models/index.ts';
import { listCandidates, type Reach } from './candidate.ts';
import { sampleGroup, sampleTopology, sampleUpstream } from './testing/sample-topology.ts';

const anything: Reach = { kind: 'any', model: 'asked' };
const bound = (...bindings: readonly [upstream: string, model: string, enabled?: boolean][]): Reach => ({
  kind: 'bound',
  bindings: bindings.map(
    ([upstream, upstreamModel, enabled = true]): Binding => ({
      upstreamId: `up_${upstream}` as UpstreamId,
      upstreamModel,
      enabled,
    }),
  ),
});
const names = (candidates: ReturnType<typeof listCandidates>) => candidates.map(({ name }) => name);

describe('without a ladder', () => {
  test('every upstream that has the model is a candidate, at list price', () => {
    const topology = sampleTopology([sampleUpstream('a'), sampleUpstream('b'), sampleUpstream('c')]);
    const found = listCandidates(topology, bound(['a', 'model-a'], ['c', 'model-c']), []);
    expect(
      found.map(({ name, upstreamModel, rung, groupName, multiplierPpm }) => [
        name,
        upstreamModel,
        rung,
        groupName,
        multiplierPpm,
      ]),
    ).toEqual([
      ['a/c0', 'model-a', 0, null, 1_000_000],
      ['c/c0', 'model-c', 0, null, 1_000_000],
    ]);
  });

  test('passthrough asks every upstream for the name as it came', () => {
    const topology = sampleTopology([sampleUpstream('a'), sampleUpstream('b')]);
    const found = listCandidates(topology, anything, []);
    expect(found.map(({ name, upstreamModel }) => [name, upstreamModel])).toEqual([
      ['a/c0', 'asked'],
      ['b/c0', 'asked'],
    ]);
  });
});

test('each credential at each endpoint is one, with a name and subjects of its own', () => {
  const endpoints = [{}, { baseUrl: 'https://other.test/v1' }];
  const topology = sampleTopology([sampleUpstream('a', { endpoints, credentials: [{}, {}] })]);
  const found = listCandidates(topology, anything, []);
  expect(names(found)).toEqual(['a/c0@a0.test', 'a/c1@a0.test', 'a/c0@other.test', 'a/c1@other.test']);
  expect(new Set(found.map(({ hash }) => hash)).size).toBe(4);
  expect(found[0]?.subjects).toEqual({ credential: 'cred_a0', credentialModel: 'cred_a0 asked', endpoint: 'ep_a0' });
});

test('endpoints on one host still have different names', () => {
  const endpoints = [
    { baseUrl: 'https://one.test/v1' },
    { baseUrl: 'https://one.test/v2' },
    { baseUrl: 'http://one.test/v1' },
    { baseUrl: 'https://two.test/v1' },
  ];
  const found = listCandidates(sampleTopology([sampleUpstream('a', { endpoints })]), anything, []);
  expect(new Set(names(found)).size).toBe(4);
  expect(names(found)).toContain('a/c0@two.test');
});

test('what is disabled is none: upstream, endpoint, credential, binding, group, group in a group', () => {
  const upstreams = [
    sampleUpstream('on', {
      endpoints: [{}, { enabled: false }],
      credentials: [{ enabled: false }, {}],
    }),
    sampleUpstream('off', { enabled: false }),
    sampleUpstream('unbound'),
    sampleUpstream('inner'),
  ];
  const groups = [
    sampleGroup('all', ['on', 'off', 'unbound', 'gone', 'grp_inner', 'grp_gone']),
    sampleGroup('inner', ['inner'], { enabled: false }),
    sampleGroup('closed', ['on'], { enabled: false }),
  ];
  const topology = sampleTopology(upstreams, groups);
  const reach = bound(['on', 'm'], ['off', 'm'], ['unbound', 'm', false], ['inner', 'm']);
  expect(names(listCandidates(topology, reach, ['closed', 'unknown', 'all']))).toEqual(['on/c1']);
  // Its place in the ladder stays that of its group.
  expect(listCandidates(topology, reach, ['closed', 'unknown', 'all'])[0]?.rung).toBe(2);
  expect(names(listCandidates(topology, reach, []))).toEqual(['on/c1', 'inner/c0']);
});

describe('groups in groups', () => {
  test('multiply their multipliers, and lend the name of the outermost', () => {
    const topology = sampleTopology(
      [sampleUpstream('a'), sampleUpstream('b')],
      [
        sampleGroup('outer', ['a', 'grp_middle'], { multiplierPpm: 1_500_000 }),
        sampleGroup('middle', ['grp_inner'], { multiplierPpm: 2_000_000 }),
        sampleGroup('inner', ['b'], { multiplierPpm: 100_000 }),
      ],
    );
    const found = listCandidates(topology, anything, ['inner', 'outer']);
    expect(found.map(({ name, rung, groupName, multiplierPpm }) => [name, rung, groupName, multiplierPpm])).toEqual([
      ['b/c0', 0, 'inner', 100_000],
      ['a/c0', 1, 'outer', 1_500_000],
      ['b/c0', 1, 'outer', 300_000],
    ]);
  });

  test('may be deep', () => {
    const deep = Array.from({ length: 30 }, (_, i) => sampleGroup(`g${i}`, [i === 29 ? 'a' : `grp_g${i + 1}`]));
    expect(names(listCandidates(sampleTopology([sampleUpstream('a')], deep), anything, ['g0']))).toEqual(['a/c0']);
  });

  test('an upstream that is reached in several ways counts once, at the price of the first', () => {
    const topology = sampleTopology(
      [sampleUpstream('a')],
      [
        sampleGroup('outer', ['grp_one', 'grp_two', 'a']),
        sampleGroup('one', ['a'], { multiplierPpm: 3_000_000 }),
        sampleGroup('two', ['a'], { multiplierPpm: 5_000_000 }),
      ],
    );
    const found = listCandidates(topology, anything, ['outer']);
    expect(found.map(({ name, multiplierPpm }) => [name, multiplierPpm])).toEqual([['a/c0', 3_000_000]]);
  });

  test('cycles and thick nets in the data end, and at once', () => {
    const ids = Array.from({ length: 40 }, (_, i) => `grp_g${i}`);
    const net = ids.map((_, i) => sampleGroup(`g${i}`, [...ids, 'a']));
    const topology = sampleTopology([sampleUpstream('a')], [...net, sampleGroup('self', ['grp_self', 'a'])]);
    const started = performance.now();
    expect(names(listCandidates(topology, anything, ['g0']))).toEqual(['a/c0']);
    expect(names(listCandidates(topology, anything, ['self']))).toEqual(['a/c0']);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

test('precedence follows the upstream’s priority and then the endpoint’s, over the whole range of both', () => {
  const priority = fc.oneof(fc.nat(3), fc.nat(1_000_000));
  const parts = fc.record({ priority, endpoints: fc.array(fc.record({ priority }), { minLength: 1, maxLength: 3 }) });
  fc.assert(
    fc.property(fc.array(parts, { minLength: 1, maxLength: 6 }), (all) => {
      const found = listCandidates(sampleTopology(all.map((part, i) => sampleUpstream(`u${i}`, part))), anything, []);
      for (const a of found) {
        for (const b of found) {
          const order = a.upstream.priority - b.upstream.priority || a.endpoint.priority - b.endpoint.priority;
          expect(Math.sign(a.precedence - b.precedence)).toBe(Math.sign(order));
        }
      }
      expect(Math.min(...found.map(({ precedence }) => precedence))).toBe(0);
      expect(Math.max(...found.map(({ precedence }) => precedence))).toBeLessThan(found.length);
    }),
  );
});

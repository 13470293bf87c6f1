import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GroupId, UpstreamId } from '../ids.ts';
import { checkErrorRules } from './check-error-rules.ts';
import type { ErrorRule } from './error-rule.ts';
import { findCycle } from './group-cycle.ts';
import { checkHeaderOverride, checkParamOverride } from './overrides.ts';
import type { GroupMember } from './upstream.ts';

describe('checkHeaderOverride', () => {
  test.each([
    'host',
    'Host',
    'content-length',
    'Transfer-Encoding',
    'connection',
    'keep-alive',
    'proxy-authorization',
    'TE',
    'trailer',
    'upgrade',
    'Authorization',
    'COOKIE',
    'expect',
    '',
    'a b',
    'a:b',
    'ä',
    'a\r\nb',
    ':authority',
  ])('refuses the name %j', (name) => {
    expect(() => checkHeaderOverride({ [name]: 'x' })).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  test.each(['a\r\nb: c', 'a\nb', 'a\0', '漢', 'x'.repeat(4_097)])('refuses the value %j', (value) => {
    expect(() => checkHeaderOverride({ 'x-a': value })).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  test('refuses a header twice and too many', () => {
    expect(() => checkHeaderOverride({ 'X-A': '1', 'x-a': '2' })).toThrow('twice');
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`x-${i}`, 'v']));
    expect(() => checkHeaderOverride(many)).toThrow('more than 64');
  });

  test('what it lets through, fetch lets through', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 20 }), (name, value) => {
        try {
          checkHeaderOverride({ [name]: value });
        } catch {
          return;
        }
        expect(() => new Headers({ [name]: value })).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('checkParamOverride', () => {
  test('keeps any JSON, drops what is undefined', () => {
    const params = { temperature: 0, user: null, metadata: { a: [1, 'x'] } };
    expect(checkParamOverride({ ...params, gone: undefined })).toEqual(params);
  });

  test.each(['model', 'stream', '', '__proto__', 'a\nb'])('refuses the field %j', (name) => {
    const params = Object.fromEntries([[name, 1]]);
    expect(() => checkParamOverride(params)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  test('refuses too much', () => {
    expect(() => checkParamOverride({ a: 'x'.repeat(70_000) })).toThrow('65536');
  });
});

describe('checkErrorRules', () => {
  const rule: ErrorRule = { match: { status: 429, contains: 'slow' }, retry: 'continue', cooldown: 'credential' };

  test('keeps what is right', () => {
    const rules: ErrorRule[] = [rule, { ...rule, cooldownMs: 5, present: { status: 503, message: 'later' } }];
    expect(checkErrorRules(rules)).toEqual(rules);
  });

  test.each([
    { ...rule, match: {} },
    { ...rule, match: { status: 99 } },
    { ...rule, match: { code: '' } },
    { ...rule, retry: 'maybe' },
    { ...rule, cooldownMs: -1 },
    { ...rule, present: { status: 200, message: 'fine' } },
    { ...rule, extra: 1 },
  ])('refuses %j and says where', (bad) => {
    expect(() => checkErrorRules([rule, bad as ErrorRule])).toThrow(/^error_rules\.1/);
  });

  test('refuses too many', () => {
    expect(() => checkErrorRules(Array.from({ length: 101 }, () => rule))).toThrow('error_rules');
  });
});

describe('findCycle', () => {
  const group = (n: number) => `grp_${n}` as GroupId;
  const graph = (edges: readonly (readonly [number, number])[]) => {
    const members = new Map<GroupId, GroupMember[]>();
    for (const [from, to] of edges) {
      const leaf = { upstreamId: `up_${from}` as UpstreamId };
      members.set(group(from), [...(members.get(group(from)) ?? [leaf]), { groupId: group(to) }]);
    }
    return members;
  };

  test('finds the way back, or says that there is none', () => {
    const edge = fc.tuple(fc.nat(7), fc.nat(7));
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 20 }), fc.nat(7), (edges, start) => {
        const reached = new Set<number>(edges.filter(([from]) => from === start).map(([, to]) => to));
        for (let grown = -1; grown < reached.size; ) {
          grown = reached.size;
          for (const [from, to] of edges) if (reached.has(from)) reached.add(to);
        }
        const way = findCycle(group(start), graph(edges));
        expect(way !== undefined).toBe(reached.has(start));
        way?.slice(1).forEach((to, index) => {
          expect(edges.map(([a, b]) => `${group(a)} ${group(b)}`)).toContain(`${way[index]} ${to}`);
        });
      }),
    );
  });
});

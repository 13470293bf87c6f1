import { describe, expect, test } from 'vitest';
import { newAccount, windowOf } from '../testing/fake-codex/chatgpt-account.ts';
import { usageDocument, usageEvent, usageHeaders } from '../testing/fake-codex/usage-document.ts';
import { type EpochMs, epochMs, HOUR_MS, MINUTE_MS } from '../time.ts';
import { hasRoom, type LimitSnapshot, mergeSnapshots, roomAgainAt, snapshotAt } from './limit-snapshot.ts';
import { limitsFromEvent, limitsFromHeaders, limitsFromUsage } from './read-limits.ts';
import { observeLimits } from './window-reset.ts';

const NOW = epochMs(Date.UTC(2026, 0, 1));
const later = (ms: number) => epochMs(NOW + ms);
const flat = (headers: Record<string, string>) => Object.entries(headers).flat();

function account() {
  const made = newAccount(NOW, { plan: 'pro', credits: { has: true, unlimited: false, balance: '12.50' } });
  made.limits = [
    { id: 'codex', name: null, primary: windowOf(300, NOW, 42.5), secondary: windowOf(10_080, NOW, 7) },
    { id: 'codex_bengalfox', name: 'Fox', primary: windowOf(300, NOW, 99), secondary: null },
  ];
  return made;
}

const MAIN = {
  id: 'codex',
  name: null,
  short: { usedPercent: 42.5, minutes: 300, resetsAt: later(300 * MINUTE_MS) },
  long: { usedPercent: 7, minutes: 10_080, resetsAt: later(10_080 * MINUTE_MS) },
  seenAt: NOW,
};
const FOX = {
  id: 'codex_bengalfox',
  name: 'Fox',
  short: { usedPercent: 99, minutes: 300, resetsAt: later(300 * MINUTE_MS) },
  long: null,
  seenAt: NOW,
};
const CREDITS = { has: true, unlimited: false, balance: '12.50' };

describe('the same is read', () => {
  test('of the usage page', () => {
    // It rounds.
    const main = { ...MAIN, short: { ...MAIN.short, usedPercent: 43 }, isReached: false };
    expect(limitsFromUsage(usageDocument(account(), NOW), NOW)).toEqual({
      at: NOW,
      source: 'usage',
      plan: 'pro',
      limits: [main, { ...FOX, isReached: false }],
      credits: CREDITS,
    });
  });

  test('of headers', () => {
    expect(limitsFromHeaders(flat(usageHeaders(account(), NOW)), NOW)).toEqual({
      at: NOW,
      source: 'headers',
      plan: 'pro',
      limits: [
        { ...MAIN, isReached: null },
        { ...FOX, isReached: null },
      ],
      credits: CREDITS,
    });
  });

  test('of an event of a stream', () => {
    expect(limitsFromEvent(usageEvent(account(), NOW), NOW)).toEqual({
      at: NOW,
      source: 'event',
      plan: 'pro',
      limits: [{ ...MAIN, isReached: false }],
      credits: CREDITS,
    });
  });
});

describe('headers', () => {
  test('without a family say nothing', () => {
    expect(
      limitsFromHeaders(['content-type', 'text/plain', 'x-request-id', 'r', 'x-codex-turn-state', 's'], NOW),
    ).toBeNull();
    expect(limitsFromHeaders([], NOW)).toBeNull();
  });

  test('of any name and case are taken, and the older form of the reset', () => {
    const raw = ['X-Other-Thing-Secondary-Used-Percent', '5', 'X-Other-Thing-Secondary-Reset-After-Seconds', '60'];
    expect(limitsFromHeaders(raw, NOW)?.limits).toEqual([
      {
        id: 'other_thing',
        name: null,
        short: null,
        long: { usedPercent: 5, minutes: null, resetsAt: later(MINUTE_MS) },
        isReached: null,
        seenAt: NOW,
      },
    ]);
  });

  test('that are all zero have no data', () => {
    const zero = [
      'x-codex-primary-used-percent',
      '0',
      'x-codex-primary-window-minutes',
      '0',
      'x-codex-primary-reset-at',
      '0',
    ];
    expect(limitsFromHeaders(zero, NOW)).toBeNull();
  });

  test('of the long window under the name primary are put right', () => {
    const [main] = account().limits;
    const swapped = { ...account(), limits: [{ ...main, primary: main.secondary, secondary: main.primary }] as never };
    expect(limitsFromHeaders(flat(usageHeaders(swapped, NOW)), NOW)?.limits).toEqual([{ ...MAIN, isReached: null }]);
  });

  test('of one window alone are told by its length', () => {
    const raw = ['x-codex-primary-used-percent', '5', 'x-codex-primary-window-minutes', '10080'];
    expect(limitsFromHeaders(raw, NOW)?.limits).toMatchObject([{ short: null, long: { minutes: 10_080 } }]);
  });

  test.each(['-1', '1e3', 'NaN', '', '5 ', '99999999'])('with a percentage of %j are no window', (percent) => {
    expect(limitsFromHeaders(['x-codex-primary-used-percent', percent], NOW)).toBeNull();
  });
});

test.each([
  null,
  [],
  'text',
  7,
  {},
  { rate_limit: 'x' },
  { rate_limit: { primary_window: [] } },
  { additional_rate_limits: {} },
])('a usage page that is %j says nothing', (body) => {
  expect(limitsFromUsage(body, NOW)).toBeNull();
});

test('an event of another kind says nothing, nor does one without content', () => {
  expect(limitsFromEvent({ ...usageEvent(account(), NOW), type: 'response.created' }, NOW)).toBeNull();
  expect(limitsFromEvent({ type: 'codex.rate_limits', rate_limits: 'x' }, NOW)).toBeNull();
});

describe('merging', () => {
  const read = (at: EpochMs): LimitSnapshot => limitsFromUsage(usageDocument(account(), at), at) as LimitSnapshot;
  const event = (at: EpochMs): LimitSnapshot => limitsFromEvent(usageEvent(account(), at), at) as LimitSnapshot;

  test('an event takes only its own family’s place', () => {
    const merged = mergeSnapshots(read(NOW), event(later(1_000)));
    expect(merged.limits.map(({ id, seenAt }) => [id, seenAt])).toEqual([
      ['codex', later(1_000)],
      ['codex_bengalfox', NOW],
    ]);
  });

  test('a usage page takes everything’s place', () => {
    const page = read(later(1_000));
    const only = { ...page, limits: page.limits.slice(0, 1) };
    expect(mergeSnapshots(read(NOW), only).limits).toHaveLength(1);
  });

  test('what was seen earlier does not take the place of what was seen later', () => {
    expect(mergeSnapshots(read(later(1_000)), event(NOW))).toMatchObject({ at: later(1_000), source: 'usage' });
    expect(mergeSnapshots(event(later(1_000)), read(NOW)).limits[0]?.seenAt).toBe(later(1_000));
  });

  test('a plan and credits that are not said stay', () => {
    const silent = { ...event(later(1)), plan: null, credits: null };
    expect(mergeSnapshots(read(NOW), silent)).toMatchObject({ plan: 'pro', credits: CREDITS });
  });
});

describe('room', () => {
  const with_ = (changes: object, short = 10, long = 10) =>
    ({
      at: NOW,
      source: 'usage',
      plan: null,
      credits: null,
      limits: [
        {
          ...MAIN,
          isReached: false,
          short: { ...MAIN.short, usedPercent: short },
          long: { ...MAIN.long, usedPercent: long },
          ...changes,
        },
      ],
    }) as LimitSnapshot;

  test.each([
    ['nothing is full', with_({}), true, MAIN.short.resetsAt],
    ['the short window is full', with_({}, 100), false, MAIN.short.resetsAt],
    ['the long window is full', with_({}, 10, 100), false, MAIN.long.resetsAt],
    ['both are full: the later end counts', with_({}, 100, 101), false, MAIN.long.resetsAt],
    ['the provider says so without a full window', with_({ isReached: true }), false, MAIN.short.resetsAt],
    ['nothing is known', { ...with_({}), limits: [] }, null, null],
    ['only another family is known', with_({ id: 'codex_other' }, 100), null, null],
  ])('when %s', (_, snapshot, room, again) => {
    expect(hasRoom(snapshot)).toBe(room);
    expect(roomAgainAt(snapshot)).toBe(again);
  });

  test('comes with the end of the window, without another look', () => {
    const full = with_({ isReached: true }, 100);
    expect(hasRoom(snapshotAt(full, later(5 * HOUR_MS - 1)))).toBe(false);
    const after = snapshotAt(full, later(5 * HOUR_MS));
    expect(after.limits[0]?.short).toEqual({ usedPercent: 0, minutes: 300, resetsAt: null });
    expect(hasRoom(after)).toBe(true);
  });
});

describe('a window that ended', () => {
  const at = (ms: number, used: number, resetMs: number): LimitSnapshot => ({
    at: later(ms),
    source: 'headers',
    plan: null,
    credits: null,
    limits: [
      {
        ...MAIN,
        isReached: null,
        seenAt: later(ms),
        long: null,
        short: { usedPercent: used, minutes: 300, resetsAt: later(resetMs) },
      },
    ],
  });
  const closed = (before: LimitSnapshot, next: LimitSnapshot | null, nowMs: number) =>
    observeLimits(before, next, later(nowMs))?.closed;

  test('is told with what was last seen of it, once', () => {
    const observed = observeLimits(at(0, 63, HOUR_MS), null, later(HOUR_MS + 5));
    const expected = { limitId: 'codex', minutes: 300, usedPercent: 63, seenAt: NOW, resetAt: later(HOUR_MS) };
    expect(observed?.closed).toEqual([expected]);
    expect(closed(observed?.snapshot as LimitSnapshot, null, HOUR_MS + 10)).toEqual([]);
  });

  test('is told when the next answer shows the next window', () => {
    const next = at(2 * HOUR_MS, 3, 6 * HOUR_MS);
    expect(closed(at(0, 63, HOUR_MS), next, 2 * HOUR_MS)).toMatchObject([{ usedPercent: 63, resetAt: later(HOUR_MS) }]);
  });

  test('early, because the provider set it back, is told as of now', () => {
    const next = at(MINUTE_MS, 0, 5 * HOUR_MS);
    expect(closed(at(0, 63, HOUR_MS), next, MINUTE_MS)).toMatchObject([{ usedPercent: 63, resetAt: later(MINUTE_MS) }]);
  });

  test.each([
    ['its reset moves by seconds', at(MINUTE_MS, 60, HOUR_MS + 3_000)],
    ['an unused window moves along with time', at(MINUTE_MS, 63, 5 * HOUR_MS)],
    ['an answer comes late that was seen before', at(-MINUTE_MS, 3, 9 * HOUR_MS)],
  ])('is none when %s', (_, next) => {
    expect(closed(at(0, 63, HOUR_MS), next, MINUTE_MS)).toEqual([]);
  });
});

import type { UsdMicros } from '../../../core/money.ts';
import type { NewPlan } from '../../../core/plans/index.ts';
import { DAY_MS, HOUR_MS } from '../../../core/time.ts';

export const USERS = 2;
export const DAEMONS = 2;
/** What the first user has from the beginning; the others come with nothing. */
export const DOWRY_CENTS = 1_500;
/** How far below zero a request may take a balance. */
export const FLOOR = -500_000;

const usd = (cents: number) => (cents * 10_000) as UsdMicros;

/** Every way to repeat a purchase, to limit, and to go on when a limit is reached. */
export const PLANS: readonly { readonly terms: NewPlan; readonly lastsMs: number }[] = [
  {
    terms: {
      code: 'burst',
      priceMinor: 500,
      currency: 'USD',
      duration: { count: 8, unit: 'hour' },
      windowLimits: { '5h': usd(600) },
      onRepurchase: 'stack',
    },
    lastsMs: 8 * HOUR_MS,
  },
  {
    terms: {
      code: 'steady',
      priceMinor: 2_000,
      currency: 'CNY',
      duration: { count: 1, unit: 'day' },
      windowLimits: { '5h': usd(250), '1d': usd(400) },
      multiplierPpm: 500_000,
      allowsOverage: false,
      onRepurchase: 'extend',
    },
    lastsMs: DAY_MS,
  },
  {
    terms: {
      code: 'next',
      priceMinor: 300,
      currency: 'USD',
      duration: { count: 6, unit: 'hour' },
      windowLimits: { '1d': usd(350), '7d': usd(500) },
      onRepurchase: 'queue',
    },
    lastsMs: 6 * HOUR_MS,
  },
  {
    terms: {
      code: 'unlimited',
      priceMinor: 150,
      currency: 'USD',
      duration: { count: 1, unit: 'hour' },
      onRepurchase: 'stack',
    },
    lastsMs: HOUR_MS,
  },
];

/** What codes give, how often in all and how often to one user; null: without limit. */
export const CODES: readonly {
  readonly cents?: number;
  readonly plan?: number;
  readonly inAll: number | null;
  readonly perUser: number | null;
}[] = [
  { cents: 250, inAll: 3, perUser: 2 },
  { cents: 100, inAll: 1, perUser: 1 },
  { plan: 0, inAll: null, perUser: 1 },
  { plan: 1, inAll: 2, perUser: null },
];

import fc from 'fast-check';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../core/time.ts';
import { CODES, DAEMONS, PLANS, USERS } from './money-cast.ts';

/** How Realms hears of what happened at the bank: by a callback, by two, or only when it asks. */
export type Told = 'once' | 'twice' | 'never';
/** What the bank does with the refunds that reach it next. `lost`: the answer does not arrive. */
export type RefundMood = 'done' | 'pending' | 'failed' | 'lost_done' | 'lost_undone';

/** Something that happens. Numbers called `which` choose among what is there, the newest first. */
export type MoneyStep =
  | {
      readonly kind: 'topUp';
      readonly user: number;
      readonly cents: number;
      readonly currency: 'USD' | 'CNY';
      readonly start: 'ok' | 'lost' | 'refused';
    }
  | { readonly kind: 'buy'; readonly user: number; readonly plan: number; readonly wallet: boolean }
  | { readonly kind: 'startAgain'; readonly which: number }
  | {
      readonly kind: 'pay';
      readonly which: number;
      readonly as: 'agreed' | 'less' | 'more' | 'other_currency';
      readonly told: Told;
    }
  | { readonly kind: 'giveUp'; readonly which: number; readonly as: 'failed' | 'expired'; readonly told: Told }
  | { readonly kind: 'tellAgain'; readonly which: number; readonly asNew: boolean }
  | { readonly kind: 'cancel'; readonly which: number }
  | { readonly kind: 'markPaid'; readonly which: number; readonly receipt: number }
  | { readonly kind: 'refund'; readonly which: number; readonly percent: number }
  | { readonly kind: 'bankRefund'; readonly which: number; readonly percent: number; readonly told: Told }
  | { readonly kind: 'bankDecides'; readonly which: number; readonly done: boolean; readonly told: Told }
  | { readonly kind: 'settleRefund'; readonly which: number; readonly succeeded: boolean }
  | { readonly kind: 'dispute'; readonly which: number; readonly percent: number; readonly told: Told }
  | { readonly kind: 'decide'; readonly which: number; readonly won: boolean; readonly told: Told }
  | { readonly kind: 'jobs'; readonly mood: RefundMood }
  | { readonly kind: 'reconcile'; readonly mood: RefundMood }
  | { readonly kind: 'redeem'; readonly user: number; readonly code: number; readonly times: number }
  | { readonly kind: 'adjust'; readonly user: number; readonly cents: number; readonly key: number | null }
  | { readonly kind: 'cancelPlan'; readonly which: number; readonly atEnd: boolean }
  | {
      readonly kind: 'reserve';
      readonly user: number;
      readonly daemon: number;
      readonly cents: number;
      /** Idle leases are given back first, so that the model knows the answer to the last micro-dollar. */
      readonly calm: boolean;
    }
  | { readonly kind: 'storm'; readonly user: number; readonly count: number }
  | { readonly kind: 'settle'; readonly which: number; readonly percent: number | null }
  | { readonly kind: 'handOver'; readonly which: number }
  | { readonly kind: 'release'; readonly which: number }
  | { readonly kind: 'tick'; readonly daemon: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'silence'; readonly daemon: number }
  | { readonly kind: 'race'; readonly user: number; readonly which: number; readonly cancel: boolean }
  | {
      readonly kind: 'rules';
      readonly late: 'credit' | 'refund';
      readonly payAsYouGo: boolean;
      readonly multiplierPpm: number;
      readonly isFree: boolean;
    };

type Fields<K extends MoneyStep['kind']> = {
  readonly [F in Exclude<keyof Extract<MoneyStep, { kind: K }>, 'kind'>]: fc.Arbitrary<
    Extract<MoneyStep, { kind: K }>[F]
  >;
};

function often<K extends MoneyStep['kind']>(
  weight: number,
  kind: K,
  fields: Fields<K>,
): fc.WeightedArbitrary<MoneyStep> {
  const made = fc.record({ ...fields, kind: fc.constant(kind) });
  return { weight, arbitrary: made as unknown as fc.Arbitrary<MoneyStep> };
}

/** Mostly the same one: things get interesting where they meet. */
const user = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(USERS - 1) });
const daemon = fc.nat(DAEMONS - 1);
/** Mostly what is new: most things have to be done to the same order to be of interest. */
const which = fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(30) });
const percent = fc.constantFrom(100, 100, 50, 33, 1);
const told = fc.constantFrom<Told[]>('once', 'once', 'once', 'twice', 'never');
const mood = fc.constantFrom<RefundMood[]>('done', 'done', 'pending', 'failed', 'lost_done', 'lost_undone');

/** One thing that happens, of all that can. */
export const moneyStep: fc.Arbitrary<MoneyStep> = fc.oneof(
  often(8, 'topUp', {
    user,
    cents: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 800, max: 4_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 50, max: 800 }) },
    ),
    currency: fc.constantFrom<('USD' | 'CNY')[]>('USD', 'USD', 'CNY'),
    start: fc.constantFrom<('ok' | 'lost' | 'refused')[]>('ok', 'ok', 'ok', 'ok', 'lost', 'refused'),
  }),
  often(5, 'buy', { user, plan: fc.nat(PLANS.length - 1), wallet: fc.boolean() }),
  often(1, 'startAgain', { which }),
  often(16, 'pay', {
    which,
    as: fc.oneof(
      { weight: 6, arbitrary: fc.constant('agreed' as const) },
      {
        weight: 1,
        arbitrary: fc.constantFrom<('less' | 'more' | 'other_currency')[]>('less', 'more', 'other_currency'),
      },
    ),
    told,
  }),
  often(1, 'giveUp', { which, as: fc.constantFrom<('failed' | 'expired')[]>('failed', 'expired'), told }),
  often(3, 'tellAgain', { which, asNew: fc.boolean() }),
  often(3, 'cancel', { which }),
  often(1, 'markPaid', { which, receipt: fc.nat(3) }),
  often(6, 'refund', { which, percent }),
  often(2, 'bankRefund', { which, percent, told }),
  often(3, 'bankDecides', { which, done: fc.boolean(), told }),
  often(1, 'settleRefund', { which, succeeded: fc.boolean() }),
  often(4, 'dispute', { which, percent, told }),
  often(4, 'decide', { which, won: fc.boolean(), told }),
  often(8, 'jobs', { mood }),
  often(2, 'reconcile', { mood }),
  often(3, 'redeem', { user, code: fc.nat(CODES.length - 1), times: fc.constantFrom(1, 1, 4) }),
  often(3, 'adjust', {
    user,
    cents: fc.integer({ min: -1_000, max: 2_500 }).filter((cents) => cents !== 0),
    key: fc.option(fc.nat(2), { freq: 2 }),
  }),
  often(1, 'cancelPlan', { which, atEnd: fc.boolean() }),
  often(16, 'reserve', {
    user,
    daemon,
    cents: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 1, max: 500 }) },
      { weight: 1, arbitrary: fc.constant(0) },
    ),
    calm: fc.boolean(),
  }),
  often(2, 'storm', { user, count: fc.integer({ min: 2, max: 16 }) }),
  often(12, 'settle', { which, percent: fc.constantFrom(0, 13, 100, 100, 130, 400, null) }),
  often(2, 'handOver', { which }),
  often(3, 'release', { which }),
  often(2, 'tick', { daemon }),
  often(6, 'wait', {
    ms: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(10, SECOND_MS, 12 * SECOND_MS, 6 * MINUTE_MS) },
      { weight: 1, arbitrary: fc.constantFrom(40 * MINUTE_MS, 5 * HOUR_MS, DAY_MS) },
    ),
  }),
  often(2, 'silence', { daemon }),
  often(3, 'race', { user, which, cancel: fc.boolean() }),
  often(1, 'rules', {
    late: fc.constantFrom<('credit' | 'refund')[]>('credit', 'refund'),
    payAsYouGo: fc.constantFrom(true, true, true, false),
    multiplierPpm: fc.constantFrom(1_000_000, 1_300_000),
    isFree: fc.constantFrom(false, false, false, false, true),
  }),
);

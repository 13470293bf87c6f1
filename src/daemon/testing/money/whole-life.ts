import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../core/time.ts';
import type { MoneyStep, RefundMood, Told } from './money-step.ts';

const topUp = (cents = 1_000, changes: Partial<Extract<MoneyStep, { kind: 'topUp' }>> = {}): MoneyStep => ({
  kind: 'topUp',
  user: 0,
  cents,
  currency: 'USD',
  start: 'ok',
  ...changes,
});
const pay = (told: Told = 'once', as: Extract<MoneyStep, { kind: 'pay' }>['as'] = 'agreed'): MoneyStep => ({
  kind: 'pay',
  which: 0,
  as,
  told,
});
const buy = (plan: number, wallet: boolean, user = 0): MoneyStep => ({ kind: 'buy', user, plan, wallet });
const refund = (percent: number): MoneyStep => ({ kind: 'refund', which: 0, percent });
const dispute = (percent: number): MoneyStep => ({ kind: 'dispute', which: 0, percent, told: 'once' });
const decide = (won: boolean): MoneyStep => ({ kind: 'decide', which: 0, won, told: 'once' });
const bankDecides = (done: boolean): MoneyStep => ({ kind: 'bankDecides', which: 0, done, told: 'once' });
const jobs = (mood: RefundMood = 'done'): MoneyStep => ({ kind: 'jobs', mood });
const wait = (ms: number): MoneyStep => ({ kind: 'wait', ms });
const cancel: MoneyStep = { kind: 'cancel', which: 0 };
const endPlan: MoneyStep = { kind: 'cancelPlan', which: 0, atEnd: false };
const redeem = (code: number, times = 1): MoneyStep => ({ kind: 'redeem', user: 0, code, times });
const reserve = (cents: number, user = 0, daemon = 0): MoneyStep => ({
  kind: 'reserve',
  user,
  daemon,
  cents,
  calm: true,
});
const settle = (percent: number): MoneyStep => ({ kind: 'settle', which: 0, percent });
const rules = (changes: Partial<Extract<MoneyStep, { kind: 'rules' }>> = {}): MoneyStep => ({
  kind: 'rules',
  late: 'credit',
  payAsYouGo: true,
  multiplierPpm: 1_000_000,
  isFree: false,
  ...changes,
});

/** Chapters of one life in which everything happens that can. */
export const WHOLE_LIFE: readonly MoneyStep[] = [
  // More than the whole lease, while another request holds of it; what is left of it stays held.
  ...[{ kind: 'adjust', user: 1, cents: 300, key: null } as const, reserve(100, 1), reserve(100, 1), settle(400)],
  ...[settle(100), { kind: 'tick', daemon: 0 } as const, { kind: 'adjust', user: 1, cents: 50, key: null } as const],
  // A plan's short window begins anew while the long one is open.
  ...[buy(1, false, 1), pay(), reserve(50, 1), settle(100), wait(5 * HOUR_MS), reserve(50, 1), settle(100), endPlan],
  // Charged, given back and spent elsewhere in one breath.
  ...[reserve(200), { kind: 'handOver', which: 0 } as const, { kind: 'release', which: 0 } as const],
  // Paid, told of twice and again; paid with too little, and then as agreed.
  ...[topUp(2_000), pay('twice'), { kind: 'tellAgain', which: 0, asNew: true } as const],
  ...[topUp(7_200, { currency: 'CNY' }), pay('once', 'less'), pay('once', 'other_currency'), pay()],
  // Paid when it was canceled: given as balance, or sent back.
  ...[topUp(), cancel, pay()],
  ...[rules({ late: 'refund' }), topUp(), cancel, pay(), jobs(), rules()],
  // Expired, and paid all the same; found by asking; two attempts of one order, and both are paid.
  ...[topUp(), wait(40 * MINUTE_MS), jobs(), pay()],
  ...[topUp(), pay('never'), wait(6 * MINUTE_MS), jobs()],
  ...[topUp(1_000, { start: 'lost' }), { kind: 'startAgain', which: 0 } as const, pay(), pay()],
  ...[topUp(), { kind: 'giveUp', which: 0, as: 'failed', told: 'once' } as const, pay()],
  // Asked about ever more seldom, and paid just before it expires: whoever expires it asks once more.
  ...[topUp(), wait(MINUTE_MS), jobs(), wait(6 * MINUTE_MS), jobs(), wait(6 * MINUTE_MS), jobs()],
  ...[wait(12 * MINUTE_MS), jobs(), pay('never'), wait(6 * MINUTE_MS), jobs()],
  // Taken back at the bank before the payment is known.
  ...[topUp(), pay('never'), { kind: 'bankRefund', which: 0, percent: 33, told: 'once' } as const],
  ...[wait(6 * MINUTE_MS), jobs(), wait(6 * MINUTE_MS), jobs()],
  // A plan that is taken back, and one that is given back.
  ...[buy(0, false), pay(), refund(100), jobs()],
  ...[buy(1, false), pay(), dispute(100), decide(true)],
  ...[topUp(), pay(), dispute(50), decide(false)],
  // Refunds of which nobody knows, one that is under way, one that comes back, one that fails.
  ...[topUp(), pay(), refund(33), jobs('lost_undone'), wait(6 * MINUTE_MS), jobs()],
  { kind: 'settleRefund', which: 0, succeeded: false },
  ...[topUp(), pay(), refund(33), jobs('lost_done'), wait(6 * MINUTE_MS), jobs()],
  ...[topUp(), pay(), refund(50), jobs('pending'), bankDecides(true), refund(1), jobs('failed')],
  ...[bankDecides(false), { kind: 'reconcile', mood: 'done' } as const],
  // More than there is, after what is on its way.
  ...[topUp(), pay(), refund(50), refund(33), refund(33), jobs()],
  // A refund of ours after one that the bank has made by itself, and after one that came back.
  ...[topUp(), pay(), { kind: 'bankRefund', which: 0, percent: 33, told: 'once' } as const, refund(33), jobs()],
  ...[bankDecides(false), { kind: 'reconcile', mood: 'done' } as const, refund(33), jobs()],
  ...[topUp(), { kind: 'markPaid', which: 0, receipt: 0 } as const, refund(100), jobs()],
  // Codes; a plan that pays, is used up, and lets nobody else pay.
  ...[redeem(0, 4), redeem(2), reserve(200), settle(100), reserve(100), settle(400)],
  ...[endPlan, wait(DAY_MS), buy(1, true), reserve(500), reserve(100), settle(100), endPlan],
  // Nobody pays; nobody has to; more than was held, written off down to the floor.
  ...[reserve(100, 1), rules({ payAsYouGo: false }), reserve(100, 1)],
  ...[rules({ isFree: true }), reserve(100, 1), rules(), settle(100)],
  ...[{ kind: 'adjust', user: 1, cents: 100, key: 0 } as const, reserve(100, 1), settle(400)],
  ...[{ kind: 'tick', daemon: 0 } as const, { kind: 'adjust', user: 1, cents: 100, key: 0 } as const],
  // Of a debt that a dispute has made, only what the request cost too much is written off.
  ...[
    topUp(1_000, { user: 1 }),
    pay(),
    reserve(100, 1),
    dispute(100),
    settle(130),
    { kind: 'tick', daemon: 0 } as const,
  ],
  // Charged by a daemon that was taken for dead; more than one can see through.
  ...[reserve(100, 0, 1), { kind: 'silence', daemon: 1 } as const, settle(100)],
  { kind: 'storm', user: 0, count: 16 },
  ...[topUp(), { kind: 'race', user: 0, which: 0, cancel: true } as const],
  ...[{ kind: 'release', which: 0 } as const, { kind: 'release', which: 3 } as const],
  // From the wallet: not enough, enough, and given back to it.
  ...[
    buy(0, true, 1),
    { kind: 'adjust', user: 0, cents: 1_000, key: null } as const,
    buy(3, true),
    refund(100),
    jobs(),
  ],
];

/** What must have been seen in it. */
export const WHOLE_LIFE_SEES: readonly string[] = [
  ...['told again', 'told too early', 'wrong amount', 'paid late', 'paid again', 'paid by hand', 'expired'],
  ...['refund succeeded', 'refund submitted', 'refund unknown', 'refund failed', 'refund bounced'],
  ...['unknown refund known', 'refund settled by hand', 'refunded at the bank', 'dispute won', 'dispute lost'],
  ...['plan taken back', 'plan given back', 'bought from the wallet', 'not bought from the wallet'],
  ...['paid by balance', 'paid by subscription', 'paid by free', 'answer known', 'redeemed', 'code refused'],
  ...['refused: insufficient_balance', 'refused: plan_window_exhausted', 'refused: not_granted'],
  ...['over-run', 'written off', 'charged without a lease', 'handed over'],
  ...['paid as it expired', 'refund refused'],
];

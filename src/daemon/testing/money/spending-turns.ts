import { expect } from 'vitest';
import type { UserId } from '../../../core/ids.ts';
import { adjustBalance } from '../../../core/ledger/index.ts';
import type { UsdMicros } from '../../../core/money.ts';
import type { PaidReservation } from '../../../core/quota/open-reservations.ts';
import type { ReserveAnswer, ReserveInput } from '../../../core/quota/quota.ts';
import { LEASE_MS } from '../../../core/quota/testing/quota-scene.ts';
import { redeemCode } from '../../../core/redemption/index.ts';
import { cancelSubscription, listSubscriptions } from '../../../core/subscriptions/index.ts';
import { SECOND_MS } from '../../../core/time.ts';
import { type Hold, limitsOf } from './model-spending.ts';
import { PLANS } from './money-cast.ts';
import type { MoneyStep } from './money-step.ts';
import { type MoneyWorld, pick, type WorldCode } from './money-world.ts';
import { outcomeOf } from './outcome-of.ts';

type StepOf<K extends MoneyStep['kind']> = Extract<MoneyStep, { kind: K }>;

const LIST_MAX = 500;
const CENT = 10_000;
/** What a daemon believes without asking it forgets within this time. */
const FORGETS_MS = SECOND_MS + 1;

export async function reserve(world: MoneyWorld, step: StepOf<'reserve'>): Promise<void> {
  const user = world.user(step.user);
  const daemon = world.daemon(step.daemon);
  if (step.calm) await calmDown(world, user);
  await lookAtPlans(world);
  const input = inputFor(world, user, step.cents * CENT);
  const before = await roomBefore(world, user);
  const answer = await daemon.quota.reserve(input);
  world.sawThat(answer.kind === 'refused' ? `refused: ${answer.code}` : `paid by ${answer.reservation.payer.kind}`);
  const isKnown = step.calm && isClear(world, step.daemon, user);
  if (isKnown) {
    world.sawThat('answer known');
    expect(shownOf(answer)).toEqual(world.spending.expect(input, world.rules));
  }
  note(world, step.daemon, user, answer, before);
}

/** Many requests of one user at two daemons in the same moment. */
export async function storm(world: MoneyWorld, step: StepOf<'storm'>): Promise<void> {
  const user = world.user(step.user);
  await lookAtPlans(world);
  const before = await roomBefore(world, user);
  const answers = await Promise.all(manyAt(world, user, step.count));
  for (const [at, answer] of answers.entries()) note(world, at % world.daemons.length, user, answer, before);
}

/** The answers to so many requests, spread over the daemons. */
export function manyAt(world: MoneyWorld, user: UserId, count: number): Promise<ReserveAnswer>[] {
  return Array.from({ length: count }, async (_, at) =>
    world.daemon(at % world.daemons.length).quota.reserve(inputFor(world, user, 50 * CENT)),
  );
}

export async function settle(world: MoneyWorld, step: StepOf<'settle'>): Promise<void> {
  const hold = pick(world.spending.holds, step.which);
  if (!hold) return;
  const cost = step.percent === null ? null : Math.floor((Math.max(CENT, hold.held) * step.percent) / 100);
  close(world, hold, cost);
  // Whoever closes it again is told that nothing happened.
  const { rows } = world.daemon(hold.daemon).quota.settle(hold.reservation, CENT as UsdMicros, world.ctx.clock.now());
  expect(rows).toEqual([]);
}

/** Every request of a user that has not lost its lease costs what was held for it. */
export function settleAll(world: MoneyWorld, user: UserId): void {
  for (const hold of world.spending.holds) if (hold.user === user && hold.isBacked) close(world, hold, hold.held);
}

export function close(world: MoneyWorld, hold: Hold, cost: number | null): void {
  // What its daemon has leased beyond what is held covers it, too.
  const lease = 'lease' in hold.reservation ? (hold.reservation as PaidReservation).lease : null;
  const spare = lease?.freeUsdMicros ?? 0;
  const { payment } = world.daemon(hold.daemon).settle(hold.reservation, cost);
  const charged = hold.payer === 'free' ? 0 : (cost ?? 0);
  expect(payment.chargedUsdMicros).toBe(charged);
  if (charged > hold.held) world.sawThat('over-run');
  if (charged > 0 && !hold.isBacked) world.sawThat('charged without a lease');
  if (charged > 0) touch(world, hold.payer);
  world.spending.settle(hold, cost, world.now, spare);
}

export function release(world: MoneyWorld, step: StepOf<'release'>): void {
  const hold = pick(world.spending.holds, step.which);
  if (!hold) return;
  world.daemon(hold.daemon).release(hold.reservation);
  world.spending.drop(hold);
}

export async function tick(world: MoneyWorld, at: number): Promise<void> {
  await world.daemon(at).tick();
  if (world.spending.tick(at) > 0) world.sawThat('written off');
}

/** Time passes, and everybody shows that they live. Hours are jumped over. */
export async function wait(world: MoneyWorld, ms: number): Promise<void> {
  const stepMs = LEASE_MS / 3;
  const isJump = ms > 60 * SECOND_MS;
  for (let passed = 0; passed < ms; passed += isJump ? ms : stepMs) {
    world.moment(isJump ? ms : Math.min(stepMs, ms - passed));
    await beat(world);
    for (const at of world.daemons.keys()) await tick(world, at);
  }
}

/** A daemon is cut off until the other one has buried it. */
export async function silence(world: MoneyWorld, silent: number): Promise<void> {
  for (let i = 0; i < 8; i++) {
    world.moment(LEASE_MS / 4);
    for (const at of world.daemons.keys()) if (at !== silent) await tick(world, at);
  }
  // In free mode nobody is buried.
  if (world.rules.isFree) return await beat(world);
  world.spending.bury(silent);
  // Whoever is dead holds nothing of anybody; who wakes up would put that right by itself.
  const living = world.daemons.flatMap(({ desk }, at) => (at === silent ? [] : [...desk.accounts]));
  const known = new Set(living.map(({ lease }) => lease?.id));
  const left: { id: string }[] = await world.ctx.db('quota_leases').select('id');
  expect(left.filter(({ id }) => !known.has(id as never))).toEqual([]);
}

export async function redeem(world: MoneyWorld, step: StepOf<'redeem'>): Promise<void> {
  const code = world.codes[step.code];
  if (!code) return;
  await redeemTimes(world, code, world.user(step.user), step.times);
}

/** So many tries at once give as often as the code may. */
export async function redeemTimes(world: MoneyWorld, code: WorldCode, userId: UserId, times: number): Promise<void> {
  const tries = Array.from({ length: times }, () => redeemCode(world.ctx, { userId, text: code.text }));
  const answers = await Promise.all(tries);
  await world.scene.refresh();
  const left = Math.min(code.left, code.leftOf.get(userId) ?? 0);
  const given = answers.flatMap((answer) => (answer.kind === 'redeemed' ? [answer.redemption] : []));
  expect(given).toHaveLength(Math.min(times, left));
  if (given.length < times) world.sawThat('code refused');
  for (const { id } of given) {
    code.left -= 1;
    code.leftOf.set(userId, (code.leftOf.get(userId) ?? 0) - 1);
    const versionId = code.plan === undefined ? undefined : world.plans[code.plan]?.version.id;
    if (versionId === undefined) world.books.move('promotions', `user:${userId}`, (code.cents ?? 0) * CENT);
    else world.books.grant(id, { user: userId, versionId, lastsMs: PLANS[code.plan ?? 0]?.lastsMs ?? 0 });
    world.sawThat('redeemed');
  }
}

export async function adjust(world: MoneyWorld, step: StepOf<'adjust'>): Promise<void> {
  const { books } = world;
  const { cents, key } = step;
  const userId = world.user(step.user);
  const known = key === null ? undefined : books.adjustments.get(key);
  const isSame = known?.user === userId && known.cents === cents;
  const adjusted = adjustBalance(world.ctx, {
    userId,
    amountUsdMicros: (cents * CENT) as UsdMicros,
    reason: 'test',
    actor: 'test',
    ...(key !== null && { key: `key-${key}` }),
  });
  expect(await outcomeOf(adjusted)).toBe(known && !isSame ? 'conflict' : 'done');
  if (known) return;
  if (key !== null) books.adjustments.set(key, { user: userId, cents });
  books.move('adjustments', `user:${userId}`, cents * CENT);
  if (cents < 0) books.robbed.add(userId);
}

export async function cancelPlan(world: MoneyWorld, step: StepOf<'cancelPlan'>): Promise<void> {
  await lookAtPlans(world);
  const subscription = pick(world.spending.subscriptions, step.which);
  if (!subscription) return;
  const { id, state } = subscription;
  const canceled = cancelSubscription(world.ctx, { subscriptionId: id, reason: 'test', atEnd: step.atEnd });
  expect(await outcomeOf(canceled)).toBe(state === 'revoked' ? 'conflict' : 'done');
  if (state === 'active' && !step.atEnd) world.canceled.add(id);
  await world.scene.refresh();
}

/** The model takes over when plans begin and end; that they should is not about money. */
export async function lookAtPlans({ ctx, spending }: MoneyWorld): Promise<void> {
  const { items, nextCursor } = await listSubscriptions(ctx, {}, { limit: LIST_MAX });
  expect(nextCursor).toBeNull();
  spending.subscriptions = items.toReversed();
}

/** Notes what was let through, and that it was there. */
export function note(
  world: MoneyWorld,
  daemon: number,
  user: UserId,
  answer: ReserveAnswer,
  before: Map<string, number>,
): void {
  for (const { id } of world.spending.running(user, world.now)) touch(world, id);
  if (answer.kind === 'refused') return;
  const { reservation } = answer;
  const { payer, heldUsdMicros: held } = reservation;
  const name = { free: 'free', balance: user, subscription: payer.kind === 'subscription' ? payer.id : '' }[payer.kind];
  expect(payer.kind === 'free').toBe(world.rules.isFree);
  world.spending.holds.push({ reservation, daemon, user, payer: name, held, isBacked: true });
  const left = (before.get(name) ?? Number.POSITIVE_INFINITY) - held;
  expect(left, `${name} had what is held of it`).toBeGreaterThanOrEqual(0);
  before.set(name, left);
}

/** All that each payer of a user can give now: what is available, and what daemons have leased and not handed out. */
async function roomBefore(world: MoneyWorld, user: UserId): Promise<Map<string, number>> {
  const { scene, spending } = world;
  const room = new Map<string, number>();
  room.set(user, Math.max(0, (await scene.balance(user)).availableUsdMicros));
  for (const subscription of spending.running(user, world.now)) {
    if (limitsOf(subscription).length === 0) continue;
    const windows = await scene.windows(subscription.id);
    const left = windows.map((each) => each.limitUsdMicros - each.usedUsdMicros - each.heldUsdMicros);
    room.set(subscription.id, Math.max(0, Math.min(...left)));
  }
  for (const { desk } of world.daemons) {
    for (const { id, lease } of desk.accounts)
      if (room.has(id)) room.set(id, (room.get(id) ?? 0) + (lease?.freeUsdMicros ?? 0));
  }
  return room;
}

async function beat(world: MoneyWorld): Promise<void> {
  for (const { desk } of world.daemons) await desk.beat();
}

/** As before a purchase: what waits for requests that do not come can be spent otherwise. */
export async function giveBackIdle(world: MoneyWorld, user: UserId): Promise<void> {
  for (const { keeper } of world.daemons) await keeper.giveBackIdle(user);
}

/** Nobody has anything leased but for requests that run. */
export async function calmDown(world: MoneyWorld, user: UserId): Promise<void> {
  world.moment(FORGETS_MS);
  await beat(world);
  await giveBackIdle(world, user);
}

/** Whether all that is leased of a user's payers is leased to the daemon that is asked, and none of it was taken since. */
export function isClear({ spending }: MoneyWorld, daemon: number, user: UserId): boolean {
  const own = (hold: Hold) => hold.user === user && hold.isBacked && hold.payer !== 'free';
  const isElsewhere = spending.holds.some((hold) => own(hold) && hold.daemon !== daemon);
  const payers = new Set([user, ...spending.holds.filter(own).map(({ payer }) => payer)]);
  const wasRobbed = [...payers].some((payer) => spending.isRobbed(payer) && spending.heldOf(payer) > 0);
  return !isElsewhere && !wasRobbed;
}

export function inputFor(world: MoneyWorld, userId: UserId, list: number): ReserveInput {
  const minimum = Math.min(list, CENT);
  return world.scene.input(userId, {
    listUsdMicros: list as UsdMicros,
    minimumUsdMicros: minimum as UsdMicros,
  });
}

export function shownOf(answer: ReserveAnswer): unknown {
  if (answer.kind === 'refused') return { kind: 'refused', code: answer.code };
  const { payer, heldUsdMicros: held, userId } = answer.reservation;
  return {
    kind: 'reserved',
    payer: { free: 'free', balance: userId, subscription: 'id' in payer ? payer.id : '' }[payer.kind],
    held,
  };
}

function touch(world: MoneyWorld, payer: string): void {
  world.touched.set(payer, [...(world.touched.get(payer) ?? []), world.now]);
}

import type { Config } from '../config/index.ts';
import { formatUsd, multipliedUp, type UsdMicros } from '../money.ts';
import { openedGroups, opensModel, type PlanVersion } from '../plans/index.ts';
import { type LiveSubscription, type SubscriptionSnapshot, standingOf } from '../subscriptions/index.ts';
import type { EpochMs } from '../time.ts';
import type { UsagePayment } from '../usage/index.ts';
import { chargeRows } from './charge-rows.ts';
import { FREE_RELEASED, FREE_SETTLED, freeReservation } from './free-reservation.ts';
import type { Lease } from './lease.ts';
import type { LeaseAccount } from './lease-account.ts';
import type { LeaseDesk } from './lease-desk.ts';
import { OpenReservations, PaidReservation } from './open-reservations.ts';
import type { Overruns } from './overruns.ts';
import type {
  HeldReservation,
  Payer,
  QuotaProvider,
  Reservation,
  ReserveAnswer,
  ReserveInput,
  Settled,
} from './quota.ts';
import { nobodyPays, notPriced, type Search } from './refusals.ts';

/** What the quota step decides by; each answers from memory. */
export interface QuotaFacts {
  /** Billing is off: nobody pays, and nothing is checked. */
  isFree(): boolean;
  config(): Pick<Config, 'billing.pay_as_you_go' | 'billing.payg_multiplier_ppm' | 'billing.balance_floor_usd_micros'>;
  subscriptions(): SubscriptionSnapshot;
}

const BALANCE: Payer = { kind: 'balance' };
const NOTHING_CHARGED: Settled['rows'] = [];

/**
 * Decides who pays: the user's running plans by earliest end, each if it opens the request and has room in all of its
 * windows, then the balance. Room is leased from the database in slices, and handed out here without asking it.
 */
export class LeasedQuota implements QuotaProvider {
  readonly #desk: LeaseDesk;
  readonly #facts: QuotaFacts;
  readonly #overruns: Overruns;
  readonly #open = new OpenReservations();

  constructor(desk: LeaseDesk, facts: QuotaFacts, overruns: Overruns) {
    this.#desk = desk;
    this.#facts = facts;
    this.#overruns = overruns;
  }

  reserve(input: ReserveInput): ReserveAnswer | Promise<ReserveAnswer> {
    if (this.#facts.isFree()) {
      return { kind: 'reserved', reservation: freeReservation(input.requestId, input.userId) };
    }
    if (input.listUsdMicros === null) return notPriced(input);
    return this.#fromMemory(input, input.listUsdMicros) ?? this.#asking(input, input.listUsdMicros);
  }

  settle(reservation: Reservation, costUsdMicros: UsdMicros | null, now: EpochMs): Settled {
    if (!(reservation instanceof PaidReservation)) return FREE_SETTLED;
    if (!this.#open.delete(reservation)) return closedBefore(reservation);
    const { lease, payer, heldUsdMicros } = reservation;
    const charged = costUsdMicros ?? (0 as UsdMicros);
    lease?.settle(heldUsdMicros, charged, now);
    if (charged > heldUsdMicros && payer.kind === 'balance') this.#overruns.note(reservation, charged);
    return {
      payment: paymentOf(reservation, charged),
      note:
        costUsdMicros === null
          ? 'nothing charged: the cost is not known'
          : `charged ${formatUsd(charged)} USD of ${formatUsd(heldUsdMicros)} held`,
      rows: charged === 0 ? NOTHING_CHARGED : chargeRows(reservation, charged, now),
    };
  }

  defer(reservation: Reservation): Settled {
    if (!(reservation instanceof PaidReservation)) return FREE_SETTLED;
    const payment = paymentOf(reservation, 0 as UsdMicros);
    const note = `${formatUsd(reservation.heldUsdMicros)} USD stay held until the answer is done`;
    return { payment, note, rows: NOTHING_CHARGED };
  }

  release(reservation: Reservation, now: EpochMs): Settled {
    if (!(reservation instanceof PaidReservation)) return FREE_RELEASED;
    if (!this.#open.delete(reservation)) return closedBefore(reservation);
    const { lease, heldUsdMicros } = reservation;
    lease?.settle(heldUsdMicros, 0 as UsdMicros, now);
    const note = `gave back ${formatUsd(heldUsdMicros)} USD`;
    return { payment: paymentOf(reservation, 0 as UsdMicros), note, rows: NOTHING_CHARGED };
  }

  held(): readonly HeldReservation[] {
    return this.#open.list();
  }

  /** Null when memory cannot tell: the database has to be asked, also before anybody is refused. */
  #fromMemory(input: ReserveInput, list: UsdMicros): ReserveAnswer | null {
    const { now, userId } = input;
    for (const subscription of this.#facts.subscriptions().of(userId)) {
      if (!pays(subscription, input)) continue;
      const { version } = subscription;
      const amount = multipliedUp(list, version.multiplierPpm);
      if (amount === 0 || isUnlimited(version)) return this.#byPlan(subscription, input, null, amount);
      const account = this.#desk.account('subscription', subscription.id, userId);
      const lease = this.#take(account, amount, now);
      if (lease) return this.#byPlan(subscription, input, lease, amount);
      // Only when it leaves the next payer to be asked; a refusal is worth a question.
      if (!version.allowsOverage || !account.isShortOf(leastOf(input, version.multiplierPpm, amount), now)) return null;
    }
    const config = this.#facts.config();
    if (!config['billing.pay_as_you_go']) return null;
    const multiplierPpm = config['billing.payg_multiplier_ppm'];
    const amount = multipliedUp(list, multiplierPpm);
    if (amount === 0) return this.#byBalance(input, multiplierPpm, null, 0);
    const lease = this.#take(this.#desk.account('balance', userId, userId), amount, now);
    return lease && this.#byBalance(input, multiplierPpm, lease, amount);
  }

  async #asking(input: ReserveInput, list: UsdMicros): Promise<ReserveAnswer> {
    const { userId } = input;
    const search: Search = { exhausted: null, resetsAt: null, isOverageForbidden: false };
    for (const subscription of this.#facts.subscriptions().of(userId)) {
      if (!pays(subscription, input)) continue;
      const { version } = subscription;
      const amount = multipliedUp(list, version.multiplierPpm);
      if (amount === 0 || isUnlimited(version)) return this.#byPlan(subscription, input, null, amount);
      const account = this.#desk.account('subscription', subscription.id, userId);
      const asked = await this.#desk.ask(account, amount, leastOf(input, version.multiplierPpm, amount));
      if (asked.lease) return this.#byPlan(subscription, input, asked.lease, asked.heldUsdMicros);
      search.exhausted ??= subscription;
      search.isOverageForbidden ||= !version.allowsOverage;
      if (asked.resetsAt !== null && asked.resetsAt < (search.resetsAt ?? Number.POSITIVE_INFINITY)) {
        search.resetsAt = asked.resetsAt;
      }
    }
    const config = this.#facts.config();
    const isBalanceAsked = config['billing.pay_as_you_go'];
    if (search.isOverageForbidden || !isBalanceAsked) return nobodyPays(input, search, isBalanceAsked);
    const multiplierPpm = config['billing.payg_multiplier_ppm'];
    const amount = multipliedUp(list, multiplierPpm);
    if (amount === 0) return this.#byBalance(input, multiplierPpm, null, 0);
    const account = this.#desk.account('balance', userId, userId);
    const asked = await this.#desk.ask(account, amount, leastOf(input, multiplierPpm, amount));
    if (asked.lease) return this.#byBalance(input, multiplierPpm, asked.lease, asked.heldUsdMicros);
    return nobodyPays(input, search, isBalanceAsked);
  }

  /** Holds the whole amount if the lease in memory has it. */
  #take(account: LeaseAccount, amount: number, now: EpochMs): Lease | null {
    const { lease } = account;
    if (!lease || now >= this.#desk.validUntil || lease.freeUsdMicros < amount) return null;
    lease.hold(amount, now);
    return lease;
  }

  #byPlan(subscription: LiveSubscription, input: ReserveInput, lease: Lease | null, held: number): ReserveAnswer {
    const { id, planCode, version } = subscription;
    const payer: Payer = { kind: 'subscription', id, planCode };
    const groups = openedGroups(version, input.groups);
    return this.#reserved(new PaidReservation(input, payer, version.multiplierPpm, groups, lease, held));
  }

  #byBalance(input: ReserveInput, multiplierPpm: number, lease: Lease | null, held: number): ReserveAnswer {
    return this.#reserved(new PaidReservation(input, BALANCE, multiplierPpm, null, lease, held));
  }

  #reserved(reservation: PaidReservation): ReserveAnswer {
    this.#open.add(reservation);
    return { kind: 'reserved', reservation };
  }
}

/** Whether a subscription pays for such a request now, if its windows have room. */
function pays(subscription: LiveSubscription, input: ReserveInput): boolean {
  if (standingOf(subscription, input.now) !== 'active') return false;
  const { version } = subscription;
  if (version.models.length > 0 && !opensModel(version, input.model, input.asked)) return false;
  return version.groups.length === 0 || openedGroups(version, input.groups)?.size !== 0;
}

function isUnlimited({ windowLimits }: PlanVersion): boolean {
  return (
    windowLimits['5h'] === null &&
    windowLimits['1d'] === null &&
    windowLimits['7d'] === null &&
    windowLimits['30d'] === null
  );
}

/** What must be left at the least: the price of the input, more than nothing, and never more than is asked for. */
function leastOf(input: ReserveInput, multiplierPpm: number, amount: number): number {
  return Math.min(amount, Math.max(1, multipliedUp(input.minimumUsdMicros, multiplierPpm)));
}

function paymentOf(reservation: PaidReservation, chargedUsdMicros: UsdMicros): UsagePayment {
  const { payer, userId, payerMultiplierPpm, heldUsdMicros } = reservation;
  return {
    payerKind: payer.kind,
    payerId: payer.kind === 'subscription' ? payer.id : userId,
    payerMultiplierPpm,
    reservedUsdMicros: heldUsdMicros,
    chargedUsdMicros,
  };
}

/** Money moves once; whoever closes a reservation again is told that nothing happened. */
function closedBefore(reservation: PaidReservation): Settled {
  return { payment: paymentOf(reservation, 0 as UsdMicros), note: 'closed before', rows: NOTHING_CHARGED };
}

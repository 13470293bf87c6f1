import type { UserId } from '../../../core/ids.ts';
import type { PaymentFact, RefundAnswer } from '../../../core/payments/provider.ts';
import { type Attempt, hasMoney, type ModelRefund, type Sale } from './model-sale.ts';

type ReversalFact = Extract<PaymentFact, { kind: 'reversal' }>;
type PaidFact = Extract<PaymentFact, { kind: 'paid' }>;

/** What a source of time on a plan gave. */
export interface ModelGrant {
  readonly user: UserId;
  readonly versionId: string;
  readonly lastsMs: number;
  isRevoked: boolean;
  /** It was taken back once and came again, with what was left of it. */
  wasBack: boolean;
}

const PLAN_REVENUE = 'revenue:plans';

/**
 * Money as it must be, worked out the simple way: one number for each account, and what is told of a payment is applied to
 * them at once. Knows no transaction, no lock, no key and no retry.
 */
export class ModelBooks {
  readonly accounts = new Map<string, number>();
  readonly sales: Sale[] = [];
  readonly grants = new Map<string, ModelGrant>();
  /** The transfers by which money came for orders: one for each, and one for each payment too many. */
  readonly arrivals = new Set<string>();
  readonly receipts = new Set<string>();
  readonly adjustments = new Map<number, { readonly user: UserId; readonly cents: number }>();
  /** Users from whom something was taken that may have been leased. */
  readonly robbed = new Set<UserId>();
  late: 'credit' | 'refund' = 'credit';

  get attempts(): Attempt[] {
    return this.sales.flatMap(({ attempts }) => attempts);
  }

  get paid(): Attempt[] {
    return this.attempts.filter(({ holder }) => holder !== null);
  }

  get refunds(): ModelRefund[] {
    return this.attempts.flatMap(({ refunds }) => refunds);
  }

  balanceOf(user: UserId): number {
    return this.accounts.get(`user:${user}`) ?? 0;
  }

  move(from: string, to: string, amount: number): void {
    this.#add(from, -amount);
    this.#add(to, amount);
  }

  grant(source: string, given: Pick<ModelGrant, 'user' | 'versionId' | 'lastsMs'>): void {
    this.grants.set(source, { ...given, isRevoked: false, wasBack: false });
  }

  /** What the bank says takes effect. `waits`: it is about a payment that nobody knows yet. */
  tell(fact: PaymentFact): 'applied' | 'waits' | 'refused' {
    if (fact.kind === 'paid') return this.#tellPaid(fact);
    if (fact.kind === 'failed' || fact.kind === 'expired') {
      const attempt = this.attempts.find(({ reference }) => reference === fact.reference);
      if (!attempt) return 'refused';
      this.#end(attempt, fact.kind);
      return 'applied';
    }
    if (fact.kind === 'reversal') return this.#tellReversal(fact);
    throw new Error(`the bank says nothing like ${fact.kind}`);
  }

  /** The money of an attempt has come. */
  take(attempt: Attempt, ref: string, late = this.late): void {
    const { sale } = attempt;
    const own = `user:${sale.user}`;
    const over = late === 'credit' ? own : 'refunds_due';
    attempt.isOpen = false;
    attempt.ref = ref;
    if (sale.state === 'pending') {
      attempt.holder = sale.plan ? PLAN_REVENUE : own;
      if (sale.plan) this.grant(`order:${sale.id}`, { user: sale.user, ...sale.plan });
      sale.state = 'fulfilled';
      this.arrivals.add(`order:${sale.id}`);
    } else {
      attempt.holder = over;
      this.arrivals.add(hasMoney(sale) ? `order:${attempt.id}` : `order:${sale.id}`);
      if (!hasMoney(sale)) sale.state = 'paid_late';
    }
    this.move(attempt.source, attempt.holder, sale.credit);
    if (attempt.holder === 'refunds_due') this.askBack(attempt, sale.amountMinor);
  }

  askBack(attempt: Attempt, amountMinor: number, id: string | null = null): void {
    attempt.refunds.push({ id, attempt, amountMinor, state: 'requested', isNamed: false, isMissing: false });
  }

  /** What became of a refund; nothing when that was known. False then. */
  answer(refund: ModelRefund, answer: RefundAnswer): boolean {
    const { attempt, state } = refund;
    if (state !== 'submitted' && (state !== 'unknown' || answer.state === 'unknown')) return false;
    refund.state = answer.state === 'pending' ? 'submitted' : answer.state;
    if (answer.state === 'pending') refund.isNamed = true;
    // The bank says itself how much is gone; where there is none, what was sent is gone.
    if (answer.state === 'succeeded' && attempt.by !== 'bank') {
      attempt.refunded = Math.min(attempt.sale.amountMinor, attempt.refunded + refund.amountMinor);
      this.#bring(attempt);
    }
    return true;
  }

  #tellPaid(fact: PaidFact): 'applied' | 'refused' {
    const attempt = this.attempts.find(({ reference }) => reference === fact.reference);
    if (!attempt) return 'refused';
    if (attempt.holder !== null) return 'applied';
    const { amountMinor, currency } = attempt.sale;
    if (fact.amountMinor !== amountMinor || fact.currency !== currency) return 'refused';
    this.take(attempt, fact.paymentRef);
    return 'applied';
  }

  #tellReversal(fact: ReversalFact): 'applied' | 'waits' {
    const attempt = this.paid.find(({ ref }) => ref === fact.paymentRef);
    if (!attempt) return 'waits';
    const order = ['none', 'open', 'won', 'lost'];
    const isAnswer = fact.asOf !== undefined;
    const isNewer = order.indexOf(fact.disputeState) >= order.indexOf(attempt.dispute);
    if (isAnswer || isNewer) {
      attempt.dispute = fact.disputeState;
      attempt.disputed = fact.disputeState === 'open' || fact.disputeState === 'lost' ? fact.disputedMinor : 0;
    }
    // Without a question it may be older than what is known; then what was given back stays given back.
    attempt.refunded = isAnswer ? fact.refundedMinor : Math.max(attempt.refunded, fact.refundedMinor);
    this.#bring(attempt);
    return 'applied';
  }

  /** Moves what is not moved yet of what was told. */
  #bring(attempt: Attempt): void {
    const { sale, holder, source, refunded, disputed, dispute } = attempt;
    if (holder === null) return;
    const worth = (minor: number) => Math.floor((sale.credit * Math.min(minor, sale.amountMinor)) / sale.amountMinor);
    const returned = worth(refunded + (dispute === 'lost' ? disputed : 0));
    const withheld = worth(refunded + disputed) - returned;
    const taken = returned + withheld - attempt.returned - attempt.withheld;
    this.#add(source, returned - attempt.returned);
    this.#add('disputes', withheld - attempt.withheld);
    this.#add(holder, -taken);
    if (taken > 0 && holder === `user:${sale.user}`) this.robbed.add(sale.user);
    const wasGone = attempt.returned + attempt.withheld >= sale.credit;
    Object.assign(attempt, { returned, withheld });
    const grant = this.grants.get(`order:${sale.id}`);
    if (holder !== PLAN_REVENUE || !grant) return;
    const isGone = returned + withheld >= sale.credit;
    if (wasGone && !isGone) grant.wasBack = true;
    grant.isRevoked = isGone;
  }

  #end(attempt: Attempt, as: 'failed' | 'expired'): void {
    if (!attempt.isOpen) return;
    attempt.isOpen = false;
    const { sale } = attempt;
    if (sale.state === 'pending' && sale.attempts.every(({ isOpen }) => !isOpen)) sale.state = as;
  }

  #add(account: string, amount: number): void {
    this.accounts.set(account, (this.accounts.get(account) ?? 0) + amount);
  }
}

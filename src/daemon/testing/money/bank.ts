import type {
  ListedPayment,
  PaymentFact,
  PaymentProvider,
  ProviderStanding,
  RefundAnswer,
  RefundInput,
  ReversalFact,
} from '../../../core/payments/provider.ts';
import { fakeProvider } from '../../../core/payments/testing/fake-provider.ts';
import { type Clock, type EpochMs, epochMs } from '../../../core/time.ts';
import type { RefundMood } from './money-step.ts';

/** Money that somebody gave the bank for an attempt, and what became of it there. */
export interface BankPayment {
  readonly ref: string;
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
  refunded: number;
  disputed: number;
  dispute: 'none' | 'open' | 'won' | 'lost';
  /** Realms was told of all that was taken back of it, … */
  isTold: boolean;
  /** … and of what came again, which callbacks do not tell. */
  mustBeAsked: boolean;
}

export interface BankRefund {
  readonly key: string;
  readonly payment: BankPayment;
  readonly amountMinor: number;
  state: 'done' | 'pending' | 'failed';
}

/** What Realms was told on its own questions, in order. */
export type BankWord =
  | { readonly kind: 'standing'; readonly reference: string; readonly facts: readonly PaymentFact[] }
  | { readonly kind: 'totals'; readonly fact: ReversalFact }
  | { readonly kind: 'refund' | 'find'; readonly input: RefundInput; readonly answer: RefundAnswer | null };

/**
 * A bank of its own mind, behind the port of payment providers: it takes money, sends it back or not, and answers what it
 * is asked with what is true there. Whether it also calls back is for the test to say.
 */
export class Bank {
  readonly attempts = new Set<string>();
  readonly payments: BankPayment[] = [];
  readonly refunds = new Map<string, BankRefund>();
  readonly ended = new Map<string, 'failed' | 'expired'>();
  /** What was said since it was read last. */
  words: BankWord[] = [];
  mood: RefundMood = 'done';
  startsAs: 'ok' | 'lost' | 'refused' = 'ok';
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  provider(): PaymentProvider {
    const plain = fakeProvider(this.#clock);
    return {
      ...plain,
      start: async (input) => {
        const { reference } = input.attempt;
        if (this.startsAs !== 'refused') this.attempts.add(reference);
        if (this.startsAs !== 'ok') throw new Error('the line is dead');
        return await plain.start(input);
      },
      query: async (_channel, { reference }) => this.#standing(reference),
      refund: async (input) => this.#refund(input),
      findRefund: async (input) => this.#find(input),
      totals: async (_channel, { paymentRef }) => this.#totals(paymentRef),
      list: (_channel, since) => this.#list(since),
      // It has no such call that helps: what is no longer wanted can be paid all the same.
      close: async () => {},
    };
  }

  pay(reference: string, amountMinor: number, currency: string): BankPayment {
    const ref = `pi_${this.payments.length + 1}`;
    const payment: BankPayment = {
      ref,
      reference,
      amountMinor,
      currency,
      refunded: 0,
      disputed: 0,
      dispute: 'none',
      isTold: true,
      mustBeAsked: false,
    };
    this.payments.push(payment);
    return payment;
  }

  /** The latest money that came for an attempt. */
  paymentOf(reference: string): BankPayment | undefined {
    return this.payments.findLast((payment) => payment.reference === reference);
  }

  paidFact({ ref, reference, amountMinor, currency }: BankPayment): PaymentFact {
    return { kind: 'paid', reference, paymentRef: ref, amountMinor, currency, method: 'card', subscriptionRef: null };
  }

  /** What was taken back of it, as of now; `asOf` when somebody asked. */
  reversalFact({ ref, refunded, disputed, dispute }: BankPayment, asOf?: EpochMs): ReversalFact {
    return {
      kind: 'reversal',
      paymentRef: ref,
      refundedMinor: refunded,
      disputedMinor: disputed,
      disputeState: dispute,
      ...(asOf !== undefined && { asOf }),
    };
  }

  /** What of a payment can be given back or disputed. */
  leftOf(payment: BankPayment): number {
    const pending = [...this.refunds.values()].filter((each) => each.payment === payment && each.state === 'pending');
    const underWay = pending.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    return payment.amountMinor - payment.refunded - payment.disputed - underWay;
  }

  /** Decides a refund that was under way, or takes back that it was done. */
  decide(refund: BankRefund, isDone: boolean): void {
    const { payment, amountMinor, state } = refund;
    if (state === 'done') {
      payment.refunded -= amountMinor;
      payment.mustBeAsked = true;
    }
    refund.state = isDone ? 'done' : 'failed';
    if (isDone) payment.refunded += amountMinor;
  }

  /** A callback arrived and was understood. */
  noteTold({ paymentRef, refundedMinor, disputeState }: ReversalFact): void {
    const payment = this.payments.find(({ ref }) => ref === paymentRef);
    if (!payment) return;
    if (refundedMinor > payment.refunded) payment.mustBeAsked = true;
    if (refundedMinor === payment.refunded && disputeState === payment.dispute) payment.isTold = true;
  }

  #standing(reference: string): ProviderStanding {
    const standing = this.#standingOf(reference);
    this.words.push({ kind: 'standing', reference, facts: standing.facts });
    return standing;
  }

  #standingOf(reference: string): ProviderStanding {
    const payment = this.paymentOf(reference);
    if (payment) return { state: 'paid', facts: [this.paidFact(payment), this.#answerAbout(payment)] };
    const ended = this.ended.get(reference);
    if (ended) return { state: ended, facts: [{ kind: ended, reference, reason: 'the payer went away' }] };
    return { state: this.attempts.has(reference) ? 'pending' : 'unknown_there', facts: [] };
  }

  #totals(paymentRef: string): ReversalFact | null {
    const payment = this.payments.find(({ ref }) => ref === paymentRef);
    if (!payment) return null;
    const fact = this.#answerAbout(payment);
    this.words.push({ kind: 'totals', fact });
    return fact;
  }

  /** Whoever asks knows everything. */
  #answerAbout(payment: BankPayment): ReversalFact {
    Object.assign(payment, { isTold: true, mustBeAsked: false });
    return this.reversalFact(payment, epochMs(this.#clock.now()));
  }

  #refund(input: RefundInput): RefundAnswer {
    if (this.refunds.has(input.refundKey)) throw new Error(`the refund ${input.refundKey} was sent twice`);
    const answer = this.#begin(input);
    this.words.push({ kind: 'refund', input, answer });
    if (this.mood.startsWith('lost')) throw new Error('the line is dead');
    return answer;
  }

  #begin({ refundKey: key, attempt, amountMinor }: RefundInput): RefundAnswer {
    const { mood } = this;
    const payment = this.paymentOf(attempt.reference);
    if (mood === 'lost_undone') return { state: 'unknown', reason: 'the line is dead' };
    const isPossible = payment !== undefined && amountMinor <= this.leftOf(payment) && mood !== 'failed';
    if (payment) {
      const state = isPossible ? ('pending' as const) : ('failed' as const);
      const refund: BankRefund = { key, payment, amountMinor, state };
      this.refunds.set(key, refund);
      if (isPossible && mood !== 'pending') this.decide(refund, true);
    }
    if (mood === 'lost_done' && payment) payment.isTold = false;
    if (mood === 'lost_done') return { state: 'unknown', reason: 'the line is dead' };
    if (!isPossible) return { state: 'failed', reason: 'no' };
    return { state: mood === 'pending' ? 'pending' : 'succeeded', refundRef: `re_${key}` };
  }

  #find(input: RefundInput): RefundAnswer | null {
    const answer = this.#answerOf(this.refunds.get(input.refundKey));
    this.words.push({ kind: 'find', input, answer });
    return answer;
  }

  #answerOf(refund: BankRefund | undefined): RefundAnswer | null {
    if (!refund) return null;
    if (refund.state === 'failed') return { state: 'failed', reason: 'no' };
    return { state: refund.state === 'done' ? 'succeeded' : 'pending', refundRef: `re_${refund.key}` };
  }

  async *#list(since: EpochMs): AsyncGenerator<ListedPayment> {
    for (const { reference, ref, amountMinor, currency, refunded } of this.payments.toReversed()) {
      yield { reference, paymentRef: ref, amountMinor, currency, refundedMinor: refunded, at: since };
    }
  }
}

import { inTransaction } from '../database/index.ts';
import { describeError, Failure } from '../failure.ts';
import { lockOrder, type Order, publicNumber, recordOrderEvent } from '../orders/index.ts';
import { readPlanVersion } from '../plans/index.ts';
import { type EpochMs, epochMs, SECOND_MS } from '../time.ts';
import type { Cashier } from './cashier.ts';
import type { PaymentChannel } from './channel.ts';
import { openChannel } from './channel-secrets.ts';
import { requireChannel } from './manage-channels.ts';
import { FIRST_ASK_MS, newAttempt, requireWaiting } from './new-attempt.ts';
import { payFromBalance } from './pay-from-balance.ts';
import { OPEN_STATES, type Payment } from './payment.ts';
import { insertPayment, readByReference, readPaymentsOf, writeStarted } from './payment-store.ts';
import type { StartedPayment, StartInput } from './provider.ts';
import { BALANCE, callbackPath, MANUAL, providerOf } from './providers.ts';

/** Tries for one order: enough for a payer, and an end for a program. */
const ATTEMPTS_MAX = 20;
/** So long a provider may take to answer before another attempt is begun. */
const STARTING_MS = 20 * SECOND_MS;
/** A payer who is sent to a page takes so long to get there. */
const TO_THE_PAGE_MS = 20 * SECOND_MS;

export interface StartRequest {
  readonly payerIp: string;
  /** Where this Realms is reached from outside, without a slash at the end. */
  readonly baseUrl: string;
  /** Who starts it, for the history. */
  readonly actor: string;
}

export interface Started {
  /** Where the payer goes; for what is paid already, the page to which payers return. */
  readonly payUrl: string;
  readonly qrText: string | null;
  /** True when it was paid at once, from the balance. */
  readonly paid: boolean;
}

/**
 * Begins a payment at the provider, outside of any transaction; an attempt that can still be paid is used again, with
 * another page when its own is over: a second attempt could be paid beside it. The attempt is in the database before the
 * provider hears of it, so no callback can come too early.
 * @throws Failure conflict when the order does not wait for its payment; upstream_failed when the provider did not take
 * it: what became of it is asked later.
 */
export async function startPayment(cashier: Cashier, order: Order, request: StartRequest): Promise<Started> {
  const channel = await requireChannel(cashier, order.channelId);
  if (!channel.enabled) throw new Failure('conflict', `channel "${channel.name}" is out of use at present`);
  // Not the page of the order itself: that would send a payer who comes back straight to the provider again.
  const returnUrl = `${request.baseUrl}/pay/${order.kind}/${order.number}/return`;
  if (channel.provider === BALANCE) {
    await payFromBalance(cashier, order, request.actor);
    return { payUrl: returnUrl, qrText: null, paid: true };
  }
  const open = openChannel(cashier.keyring, channel);
  const begun = await beginAttempt(cashier, order, channel, request.actor);
  if (begun.payUrl !== null && isTaken(begun, cashier.ctx.clock.now())) {
    return { payUrl: begun.payUrl, qrText: begun.qrText, paid: false };
  }
  const input: StartInput = {
    channel: open,
    order,
    attempt: begun,
    notifyUrl: request.baseUrl + callbackPath(channel.provider, channel.id),
    returnUrl,
    payerIp: request.payerIp,
    ...(await renewalOf(cashier, order)),
  };
  const started = await callProvider(cashier, input, begun, request.actor);
  return { payUrl: started.payUrl, qrText: started.qrText, paid: false };
}

/** Whether the provider will still show the page when the payer gets there. */
function isTaken({ payUrlUntil }: Payment, now: EpochMs): boolean {
  return payUrlUntil === null || now + TO_THE_PAGE_MS < payUrlUntil;
}

/** An attempt that can still be paid, or else a new one. */
async function beginAttempt(
  cashier: Cashier,
  { kind, id }: Order,
  channel: PaymentChannel,
  actor: string,
): Promise<Payment> {
  return await inTransaction(cashier.ctx, async (ctx) => {
    const order = await lockOrder(ctx, kind, id);
    if (!order) throw new Failure('not_found', `there is no order "${id}"`);
    requireWaiting(order, ctx.clock.now());
    const attempts = await readPaymentsOf(ctx, id);
    const usable = attempts.findLast(({ state, payUrl }) => payUrl !== null && OPEN_STATES.includes(state));
    if (usable) return usable;
    const begun = attempts.findLast(({ state }) => state === 'initiated');
    if (begun && ctx.clock.now() - begun.createdAt < STARTING_MS) {
      // Somebody who clicks twice must not get two pages that can both be paid.
      throw new Failure('conflict', {
        message: 'the payment is just being started',
        hint: 'try again in a few seconds',
      });
    }
    if (attempts.length >= ATTEMPTS_MAX) {
      throw new Failure('conflict', {
        message: `the order ${order.number} was tried ${ATTEMPTS_MAX} times`,
        hint: 'make a new order',
      });
    }
    const isManual = channel.provider === MANUAL;
    const attempt = newAttempt({ ctx }, order, isManual ? order.number : publicNumber(ctx.random));
    if (!(await insertPayment(ctx, attempt)))
      return (await readByReference(ctx, attempt.reference, channel.id)) ?? attempt;
    await recordOrderEvent(ctx, id, 'payment_started', actor, { payment: attempt.id, channel: channel.name });
    return attempt;
  });
}

async function callProvider(
  cashier: Cashier,
  input: StartInput,
  attempt: Payment,
  actor: string,
): Promise<StartedPayment> {
  const { ctx } = cashier;
  const provider = providerOf(cashier.providers, input.channel.provider);
  const nextAskAt = epochMs(ctx.clock.now() + FIRST_ASK_MS);
  try {
    const started = await provider.start(input);
    const { payUrl, qrText, providerRef, validUntil: payUrlUntil = null } = started;
    await inTransaction(ctx, async (tx) => {
      await writeStarted(tx, attempt.id, { state: 'pending', payUrl, payUrlUntil, qrText, providerRef, nextAskAt });
      await recordOrderEvent(tx, attempt.orderId, 'payment_ready', actor, { payment: attempt.id });
    });
    return started;
  } catch (error) {
    const reason = describeError(error);
    ctx.log.warn(
      { order: attempt.orderId, channel: input.channel.name, error: reason },
      'a payment could not be started',
    );
    await inTransaction(ctx, async (tx) => {
      // The provider may have it all the same, so it is asked.
      await writeStarted(tx, attempt.id, { state: 'unknown', nextAskAt });
      await recordOrderEvent(tx, attempt.orderId, 'payment_failed', actor, { payment: attempt.id, reason });
    });
    if (error instanceof Failure && error.code === 'invalid_input') throw error;
    throw new Failure('upstream_failed', `channel ${input.channel.name} did not take the payment: ${reason}`, error);
  }
}

async function renewalOf({ ctx }: Cashier, order: Order): Promise<Pick<StartInput, 'renews' | 'period'>> {
  if (order.planVersionId === null) return { renews: false };
  const { renews, duration } = await readPlanVersion(ctx, order.planVersionId);
  return { renews, period: duration };
}

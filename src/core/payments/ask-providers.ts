import { describeError } from '../failure.ts';
import { findOrder } from '../orders/index.ts';
import { DAY_MS, type EpochMs, epochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../time.ts';
import { applyAndTell } from './apply-facts.ts';
import { INVOICE } from './apply-reversal.ts';
import type { Cashier } from './cashier.ts';
import type { SealedChannel } from './channel.ts';
import { openChannel } from './channel-secrets.ts';
import { requireChannel } from './manage-channels.ts';
import { OPEN_STATES, type Payment } from './payment.ts';
import { claimAsking, readDuePayments } from './payment-store.ts';
import type { ProviderStanding } from './provider.ts';
import { BALANCE, MANUAL, providerOf } from './providers.ts';
import { reportDifference, resolveDifference } from './recon-items.ts';
import { OPEN_REFUNDS } from './refund.ts';
import { readRefundsOf } from './refund-store.ts';

const BATCH = 50;
/** After so many askings without an end, in order; the last one goes on. */
const DELAYS_MS = [30 * SECOND_MS, MINUTE_MS, 3 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS];
/** As long as gateways keep unpaid orders; nothing can be paid after it. */
const ASKED_AFTER_EXPIRY_MS = DAY_MS;

/**
 * Asks about every payment whose time has come and applies what the provider says: a callback may never come. Returns how
 * many were due. For several daemons at once.
 */
export async function askProviders(cashier: Cashier): Promise<number> {
  const { ctx } = cashier;
  const due = await readDuePayments(ctx, ctx.clock.now(), BATCH);
  for (const payment of due) {
    try {
      if (await claimAsking(ctx, payment, await nextAsking(cashier, payment))) await askAbout(cashier, payment);
    } catch (error) {
      ctx.log.warn(
        { payment: payment.id, error: describeError(error) },
        'a provider could not be asked about a payment',
      );
    }
  }
  return due.length;
}

/**
 * Asks about one payment now and applies the answer. Null for what no provider knows anything about: it was paid by hand,
 * from the balance, or collected by the provider itself.
 * @throws whatever keeps the provider from answering.
 */
export async function askAbout(
  cashier: Cashier,
  payment: Payment,
  known?: SealedChannel,
): Promise<ProviderStanding | null> {
  const channel = known ?? (await requireChannel(cashier, payment.channelId));
  if (!isAskable(channel, payment)) return null;
  const provider = providerOf(cashier.providers, channel.provider);
  const standing = await provider.query(openChannel(cashier.keyring, channel), payment);
  await applyAndTell(cashier, channel, standing.facts);
  if (standing.hasRefundOfUnknownAmount) await reportUnlessOurs(cashier, channel, payment);
  return standing;
}

/** Whether there is somebody who can be asked about it. */
export function isAskable({ provider }: Pick<SealedChannel, 'provider'>, payment: Payment): boolean {
  return provider !== BALANCE && provider !== MANUAL && !payment.byHand && !payment.reference.startsWith(INVOICE);
}

async function nextAsking({ ctx }: Cashier, payment: Payment): Promise<EpochMs | null> {
  if (!OPEN_STATES.includes(payment.state)) return null;
  const { expiresAt } = await findOrder(ctx, payment.orderId);
  const delayMs = DELAYS_MS[Math.min(payment.asked + 1, DELAYS_MS.length - 1)] ?? 0;
  const nextAt = epochMs(ctx.clock.now() + delayMs);
  return nextAt <= expiresAt + ASKED_AFTER_EXPIRY_MS ? nextAt : null;
}

/** Money went back and the provider does not say how much: fine when we sent it, else somebody must look. */
async function reportUnlessOurs({ ctx }: Cashier, channel: SealedChannel, payment: Payment): Promise<void> {
  const refunds = await readRefundsOf(ctx, { paymentId: payment.id });
  const isOurs = refunds.some(({ state }) => state === 'succeeded' || OPEN_REFUNDS.includes(state));
  if (isOurs) return await resolveDifference(ctx, 'refund_differs', payment.id);
  const detail = 'the provider says that money went back, not how much, and no refund of it was made here';
  const { id: about, orderId } = payment;
  await reportDifference(ctx, { kind: 'refund_differs', about, detail, channelId: channel.id, orderId });
}

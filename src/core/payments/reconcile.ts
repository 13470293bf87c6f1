import { describeError } from '../failure.ts';
import { formatAmount, hasPendingOrders, isCurrency } from '../orders/index.ts';
import { PAGE_LIMIT_MAX } from '../page.ts';
import { DAY_MS, type EpochMs, epochMs } from '../time.ts';
import { applyAndTell } from './apply-facts.ts';
import { askAbout, isAskable } from './ask-providers.ts';
import type { Cashier } from './cashier.ts';
import type { SealedChannel } from './channel.ts';
import { openChannel } from './channel-secrets.ts';
import { readChannels } from './channel-store.ts';
import { isPaid, type Payment } from './payment.ts';
import {
  hasPaymentsUnderWay,
  readByPaymentRef,
  readByReference,
  readPayment,
  readRecentPayments,
} from './payment-store.ts';
import type { ListedPayment, ProviderStanding } from './provider.ts';
import { providerOf } from './providers.ts';
import type { ReconItem } from './recon-item.ts';
import { listReconItems, reportDifference, resolveDifference } from './recon-items.ts';
import { countOpenItems } from './recon-store.ts';
import { followRefunds } from './send-refunds.ts';
import type { Verdict } from './verdict.ts';

const BATCH = 200;
const DAYS_DEFAULT = 7;
/** After so many failures a channel is left for the next time. */
const FAILURES_MAX = 3;
/** By these, money that nobody here knew of has come. */
const FOUND: readonly Verdict[] = ['applied', 'paid_late', 'paid_again'];
/** References of ours look so; others belong to another program at the same account. */
const REFERENCE = /^[0-9a-z]{26}$/;

export interface ReconReport {
  readonly channels: number;
  /** Payments about which a provider was asked. */
  readonly asked: number;
  /** Payments in providers' own lists. */
  readonly listed: number;
  /** What became paid here by it. */
  readonly found: number;
  /** Everything that is open, also from before. */
  readonly open: number;
  /** The newest of it. */
  readonly items: readonly ReconItem[];
}

/**
 * Compares the books with every provider: asks about open and recent payments, goes through their lists, applies what was
 * missed through the one path, and reports what differs. For several daemons at once.
 */
export async function reconcile(
  cashier: Cashier,
  options: { readonly days?: number | undefined } = {},
): Promise<ReconReport> {
  const { ctx } = cashier;
  const since = epochMs(ctx.clock.now() - (options.days ?? DAYS_DEFAULT) * DAY_MS);
  await followRefunds(cashier);
  const channels = await readChannels(ctx);
  const totals: Totals = { asked: 0, listed: 0, found: 0 };
  for (const channel of channels) {
    const failures = await reconcileChannel(cashier, channel, since, totals);
    const about = channel.id;
    if (failures.length === 0) await resolveDifference(ctx, 'not_asked', about);
    else {
      const detail = `channel ${channel.name} could not be asked: ${failures[0]}`;
      await reportDifference(ctx, { kind: 'not_asked', about, detail, channelId: channel.id, orderId: null });
    }
  }
  const { items } = await listReconItems(ctx, { state: 'open' }, { limit: PAGE_LIMIT_MAX });
  return { channels: channels.length, ...totals, open: await countOpenItems(ctx), items };
}

interface Totals {
  asked: number;
  listed: number;
  found: number;
}

/** What kept the channel's provider from answering; nothing when it told everything. */
async function reconcileChannel(
  cashier: Cashier,
  channel: SealedChannel,
  since: EpochMs,
  totals: Totals,
): Promise<readonly string[]> {
  const failures: string[] = [];
  try {
    await askRecent(cashier, channel, since, totals, failures);
    await goThroughList(cashier, channel, since, totals);
  } catch (error) {
    failures.push(describeError(error));
  }
  return failures;
}

async function askRecent(
  cashier: Cashier,
  channel: SealedChannel,
  since: EpochMs,
  totals: Totals,
  failures: string[],
): Promise<void> {
  let after = '';
  for (;;) {
    const batch = await readRecentPayments(cashier.ctx, channel.id, since, BATCH, after);
    for (const payment of batch) {
      if (!isAskable(channel, payment)) continue;
      try {
        const standing = await askAbout(cashier, payment, channel);
        totals.asked += 1;
        if (standing) await compare(cashier, channel, payment, standing, totals);
      } catch (error) {
        // One payment that the provider stumbles over keeps no other from being looked at.
        failures.push(describeError(error));
        if (failures.length >= FAILURES_MAX) return;
      }
    }
    if (batch.length < BATCH) return;
    after = batch.at(-1)?.id ?? '';
  }
}

async function compare(
  cashier: Cashier,
  channel: SealedChannel,
  before: Payment,
  standing: ProviderStanding,
  totals: Totals,
): Promise<void> {
  const payment = (await readPayment(cashier.ctx, before.id)) ?? before;
  if (isPaid(payment) && !isPaid(before)) totals.found += 1;
  const { id: about, orderId } = payment;
  if (standing.state === 'paid') await resolveDifference(cashier.ctx, 'missing_there', about);
  if (!isPaid(before) || standing.state === 'paid') return;
  const detail = `it was paid here, and the provider says ${standing.state}`;
  await reportDifference(cashier.ctx, { kind: 'missing_there', about, detail, channelId: channel.id, orderId });
}

async function goThroughList(cashier: Cashier, channel: SealedChannel, since: EpochMs, totals: Totals): Promise<void> {
  const provider = providerOf(cashier.providers, channel.provider);
  if (!provider.list || !(await isInUse(cashier, channel))) return;
  for await (const listed of provider.list(openChannel(cashier.keyring, channel), since)) {
    totals.listed += 1;
    const known = await findListed(cashier, channel, listed);
    if (known) {
      await resolveDifference(cashier.ctx, 'unknown_here', `${channel.id}:${listed.paymentRef}`);
      await compareListed(cashier, channel, known, listed, totals);
    } else if (listed.reference !== null && REFERENCE.test(listed.reference))
      await reportStranger(cashier, channel, listed);
  }
}

/** One that was switched off may have nothing left to be asked with, and needs it until nothing can come by it any more. */
async function isInUse({ ctx }: Cashier, { id, enabled }: SealedChannel): Promise<boolean> {
  return enabled || (await hasPendingOrders(ctx, id)) || (await hasPaymentsUnderWay(ctx, id));
}

async function findListed(
  { ctx }: Cashier,
  channel: SealedChannel,
  listed: ListedPayment,
): Promise<Payment | undefined> {
  const byReference = listed.reference === null ? undefined : await readByReference(ctx, listed.reference, channel.id);
  return byReference ?? (await readByPaymentRef(ctx, channel.id, listed.paymentRef))[0];
}

async function compareListed(
  cashier: Cashier,
  channel: SealedChannel,
  known: Payment,
  listed: ListedPayment,
  totals: Totals,
): Promise<void> {
  const { paymentRef, amountMinor, currency } = listed;
  if (!isPaid(known)) {
    const paid = {
      kind: 'paid',
      reference: known.reference,
      paymentRef,
      amountMinor,
      currency,
      method: '',
      subscriptionRef: null,
    } as const;
    const [outcome] = await applyAndTell(cashier, channel, [paid]);
    if (outcome && FOUND.includes(outcome.verdict)) totals.found += 1;
    return;
  }
  const differs = (detail: string) =>
    reportDifference(cashier.ctx, {
      kind: 'refund_differs',
      about: known.id,
      detail,
      channelId: channel.id,
      orderId: known.orderId,
    });
  if (known.amountMinor !== amountMinor || known.currency !== currency) {
    await differs(
      `the provider lists ${shown(amountMinor, currency)}, here it is ${shown(known.amountMinor, known.currency)}`,
    );
  } else if (listed.refundedMinor > 0 && known.refundedMinor === 0) {
    // How much is not compared: some lists tell only that something went back.
    await differs('the provider lists it as refunded, and nothing of that is posted here');
  } else {
    await resolveDifference(cashier.ctx, 'refund_differs', known.id);
  }
}

async function reportStranger({ ctx }: Cashier, channel: SealedChannel, listed: ListedPayment): Promise<void> {
  const { paymentRef, amountMinor, currency, reference } = listed;
  const detail = `the provider has a payment of ${shown(amountMinor, currency)} for the attempt ${reference}, which is not known here`;
  const about = `${channel.id}:${paymentRef}`;
  await reportDifference(ctx, { kind: 'unknown_here', about, detail, channelId: channel.id, orderId: null });
}

function shown(amountMinor: number, currency: string): string {
  return isCurrency(currency)
    ? `${formatAmount(amountMinor, currency)} ${currency}`
    : `${amountMinor} ${currency.slice(0, 10)}`;
}

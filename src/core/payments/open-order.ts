import { Failure } from '../failure.ts';
import type { UserId } from '../ids.ts';
import { formatUsd } from '../money.ts';
import {
  convertAmount,
  type ExchangeRates,
  exponentOf,
  isCurrency,
  type Order,
  parseAmount,
  placeOrder,
  rateOf,
  worthOf,
} from '../orders/index.ts';
import { findPlan } from '../plans/index.ts';
import type { Cashier } from './cashier.ts';
import type { PaymentChannel } from './channel.ts';
import { pickChannel } from './pick-channel.ts';
import { providerOf } from './providers.ts';

const METHOD = /^[a-z0-9_-]{0,32}$/;

export interface TopupRequest {
  readonly userId: UserId;
  /** As "20.00". */
  readonly amount: string;
  readonly currency: string;
  /** Name or id; absent: the only one that fits. */
  readonly channel?: string | undefined;
  readonly method?: string | undefined;
}

export interface SubscriptionRequest {
  readonly userId: UserId;
  /** Code or id. */
  readonly plan: string;
  readonly channel?: string | undefined;
  readonly method?: string | undefined;
  /** Absent: the plan's, or else the one that the channel takes. */
  readonly currency?: string | undefined;
}

/**
 * Makes an order for balance. Everything that decides about money is frozen in it.
 * @throws Failure invalid_input, not_found; conflict when too many orders wait already.
 */
export async function createTopupOrder(cashier: Cashier, request: TopupRequest): Promise<Order> {
  const { userId, currency } = request;
  const billing = cashier.billing();
  const amountMinor = parseAmount(request.amount, currency);
  const rate = rateOf(billing.rates, currency);
  const creditUsdMicros = worthOf(amountMinor, currency, rate);
  const { topupMinUsdMicros: min, topupMaxUsdMicros: max } = billing;
  if (creditUsdMicros < min || creditUsdMicros > max) {
    throw new Failure('invalid_input', {
      message: `a top-up is worth $${formatUsd(min)} to $${formatUsd(max)}; this one would be $${formatUsd(creditUsdMicros)}`,
      param: 'amount',
    });
  }
  const channel = await pickChannel(cashier, request.channel, 'topup', currency);
  return await placeOrder(cashier.ctx, {
    kind: 'topup',
    userId,
    amountMinor,
    currency,
    rate,
    creditUsdMicros,
    planVersionId: null,
    ...ofChannel(channel, request.method),
    ttlMs: billing.orderTtlMs,
  });
}

/**
 * Makes an order for a plan as it is sold now. A channel that does not take the plan's currency is asked for as much of
 * one that it takes, at the rates of this moment.
 * @throws Failure invalid_input, not_found; conflict when the plan is not sold any more or too many orders wait already.
 */
export async function createSubscriptionOrder(cashier: Cashier, request: SubscriptionRequest): Promise<Order> {
  const { rates, orderTtlMs } = cashier.billing();
  const plan = await findPlan(cashier.ctx, request.plan);
  if (plan.state !== 'active') throw new Failure('conflict', `the plan "${plan.code}" is not sold any more`);
  const price = { minor: plan.version.priceMinor, currency: plan.version.currency };
  if (price.minor <= 0) {
    throw new Failure('invalid_input', {
      message: `the plan "${plan.code}" has no price, so it cannot be bought`,
      param: 'plan',
    });
  }
  exponentOf(price.currency);
  const channel = await pickChannel(cashier, request.channel, 'subscription', request.currency);
  const currency = request.currency ?? currencyFor(cashier, channel, price.currency, rates);
  const rate = rateOf(rates, currency);
  const amountMinor =
    currency === price.currency
      ? price.minor
      : convertAmount(
          price.minor,
          { currency: price.currency, rate: rateOf(rates, price.currency) },
          { currency, rate },
        );
  const creditUsdMicros = worthOf(amountMinor, currency, rate);
  if (creditUsdMicros <= 0) throw new Failure('invalid_input', `the plan "${plan.code}" costs less than can be paid`);
  return await placeOrder(cashier.ctx, {
    kind: 'subscription',
    userId: request.userId,
    amountMinor,
    currency,
    rate,
    creditUsdMicros,
    planVersionId: plan.version.id,
    ...ofChannel(channel, request.method),
    ttlMs: orderTtlMs,
  });
}

function currencyFor(cashier: Cashier, channel: PaymentChannel, wanted: string, rates: ExchangeRates): string {
  const { currencies } = providerOf(cashier.providers, channel.provider);
  if (currencies === null || currencies.includes(wanted)) return wanted;
  const taken = currencies.find((currency) => isCurrency(currency) && rates.has(currency));
  if (taken !== undefined) return taken;
  throw new Failure('invalid_input', {
    message: `channel "${channel.name}" takes no currency that has a rate here`,
    hint: `set one for ${currencies.join(' or ')} in billing.topup_rates`,
    param: 'channel',
  });
}

function ofChannel(channel: PaymentChannel, method = ''): Pick<Order, 'channelId' | 'provider' | 'method'> {
  if (!METHOD.test(method)) {
    throw new Failure('invalid_input', {
      message: 'a method is a short lower-case word, like alipay',
      param: 'method',
    });
  }
  return { channelId: channel.id, provider: channel.provider, method };
}

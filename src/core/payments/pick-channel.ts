import { Failure } from '../failure.ts';
import { isCurrency, type OrderKind } from '../orders/index.ts';
import type { Cashier } from './cashier.ts';
import type { PaymentChannel } from './channel.ts';
import { findChannel, listChannels, withoutSecrets } from './manage-channels.ts';
import { BALANCE, providerOf } from './providers.ts';

/** A channel as buyers see it. */
export interface OfferedChannel {
  readonly name: string;
  readonly provider: string;
  /** Those that it takes and that have a rate. */
  readonly currencies: readonly string[];
  readonly livemode: boolean;
}

/** The channels with which something of that kind can be bought now, by name. */
export async function listOpenChannels(cashier: Cashier, kind: OrderKind): Promise<readonly OfferedChannel[]> {
  const { rates } = cashier.billing();
  const fitting = (await listChannels(cashier)).filter((channel) => channel.enabled && sells(channel, kind));
  return fitting.map((channel) => {
    const { currencies } = providerOf(cashier.providers, channel.provider);
    const priced = [...rates.keys()].filter((currency) => currencies === null || currencies.includes(currency));
    return { name: channel.name, provider: channel.provider, currencies: priced, livemode: channel.livemode };
  });
}

/**
 * The channel that is meant, or the only one that fits.
 * @throws Failure not_found; invalid_input when it does not take this, or when several fit.
 */
export async function pickChannel(
  cashier: Cashier,
  ref: string | undefined,
  kind: OrderKind,
  currency: string | undefined,
): Promise<PaymentChannel> {
  const takes = ({ provider }: PaymentChannel) => {
    const { currencies } = providerOf(cashier.providers, provider);
    return currency === undefined || currencies === null ? true : currencies.includes(currency);
  };
  if (ref !== undefined) {
    const channel = withoutSecrets(await findChannel(cashier, ref));
    if (!channel.enabled) throw refused(`channel "${channel.name}" is out of use`);
    if (!sells(channel, kind)) throw refused('the balance cannot be topped up from itself');
    if (currency !== undefined && (!isCurrency(currency) || !takes(channel))) {
      throw refused(`channel "${channel.name}" does not take ${currency.slice(0, 10)}`);
    }
    return channel;
  }
  const fitting = (await listChannels(cashier)).filter((each) => each.enabled && sells(each, kind) && takes(each));
  const [only, second] = fitting;
  if (!only) throw refused('there is no way to pay this at present');
  if (!second) return only;
  throw refused(`there are several ways to pay this: ${fitting.map(({ name }) => name).join(', ')}`);
}

function sells({ provider }: PaymentChannel, kind: OrderKind): boolean {
  return kind === 'subscription' || provider !== BALANCE;
}

function refused(message: string): Failure {
  return new Failure('invalid_input', { message, param: 'channel' });
}

import { Failure } from '../failure.ts';
import { didYouMean } from '../nearest.ts';
import { BALANCE, balanceProvider } from './balance-provider.ts';
import { epayProvider } from './epay/epay-provider.ts';
import { MANUAL, manualProvider } from './manual-provider.ts';
import type { PaymentProvider, ProviderTools } from './provider.ts';
import { stripeProvider } from './stripe/stripe-provider.ts';

export { BALANCE, MANUAL };

/** By name. */
export type Providers = ReadonlyMap<string, PaymentProvider>;

/** Every way of taking money that there is: another one is another folder and a line here. */
export function openProviders(tools: ProviderTools): Providers {
  const all = [stripeProvider(tools), epayProvider(tools), manualProvider(), balanceProvider()];
  return new Map(all.map((provider) => [provider.name, provider]));
}

/** @throws Failure invalid_input */
export function providerOf(providers: Providers, name: string): PaymentProvider {
  const provider = providers.get(name);
  if (provider) return provider;
  throw new Failure('invalid_input', {
    message: `there is no payment provider "${name.slice(0, 40)}"`,
    ...didYouMean(name, providers.keys()),
    param: 'provider',
  });
}

/** The path under which a channel is called back. By id, because a channel may get another name while payments run. */
export function callbackPath(provider: string, channel: string): string {
  return `/api/pay/${provider}/${provider === 'stripe' ? 'webhook' : 'notify'}/${channel}`;
}

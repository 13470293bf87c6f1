import type { Config } from '../config/index.ts';
import type { ChangeTopic, Ctx } from '../database/index.ts';
import type { Keyring } from '../keyring/index.ts';
import { type BillingSettings, billingSettings } from './billing-settings.ts';
import { openProviders, type Providers } from './providers.ts';

/** What every verb gets that has to do with a provider of payments. */
export interface Cashier {
  readonly ctx: Ctx;
  readonly keyring: Keyring;
  readonly providers: Providers;
  /** As they are at this moment. */
  billing(): BillingSettings;
  /** Called after a commit that changed what the doors hold in memory. */
  changed(topic: ChangeTopic): Promise<void>;
}

export interface CashierInput {
  readonly ctx: Ctx;
  readonly keyring: Keyring;
  /** The configuration with the settings over it, as it is when asked. */
  config(): Config;
  changed?(topic: ChangeTopic): Promise<void>;
  /** The known ones unless given. */
  readonly providers?: Providers;
}

export function openCashier(input: CashierInput): Cashier {
  const { ctx, keyring } = input;
  return {
    ctx,
    keyring,
    providers: input.providers ?? openProviders({ clock: ctx.clock }),
    billing: () => billingSettings(input.config()),
    changed: async (topic) => await input.changed?.(topic),
  };
}

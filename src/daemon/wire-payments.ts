import { describeError } from '../core/failure.ts';
import { type Cashier, openCashier, syncConfigChannels } from '../core/payments/index.ts';
import type { Live } from './live.ts';
import type { Store } from './open-store.ts';

/** Opens the house's one cashier, with the channels that the configuration names as they stand in the settings. */
export async function wirePayments({ ctx, keyring }: Store, live: Live): Promise<Cashier> {
  const config = () => live.state.settings.effective;
  const cashier = openCashier({ ctx, keyring, config, changed: (topic) => live.refresh(topic) });
  await syncConfigChannels(cashier, config());
  let syncing: Promise<void> = Promise.resolve();
  live.onChange((topic) => {
    if (topic !== 'settings') return;
    // One after the other: the last one must leave what the last settings say.
    syncing = syncing
      .then(() => syncConfigChannels(cashier, config()))
      .catch((error: unknown) => {
        ctx.log.error({ error: describeError(error) }, 'payment channels do not follow the settings');
      });
  });
  return cashier;
}

import type { Ctx } from '../../core/database/index.ts';
import { type Cashier, openCashier } from '../../core/payments/index.ts';
import type { AdminDeps } from './admin-deps.ts';

/** The cashier of the admin door. */
export function cashierOf(deps: AdminDeps): Cashier {
  return openCashier({
    ctx: deps.ctx,
    keyring: deps.keyring,
    config: () => deps.live.state.settings.effective,
    changed: (topic) => deps.live.refresh(topic),
  });
}

/** The same within a transaction: whoever commits it says afterwards what has changed. */
export function within(cashier: Cashier, ctx: Ctx): Cashier {
  return { ...cashier, ctx, changed: async () => {} };
}

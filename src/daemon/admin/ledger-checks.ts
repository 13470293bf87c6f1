import { LEDGER_CHECKS, type LedgerCheck } from '../../core/ledger/index.ts';
import { ORDER_CHECKS } from '../../core/orders/index.ts';
import { PAYMENT_CHECKS } from '../../core/payments/index.ts';
import { QUOTA_CHECKS } from '../../core/quota/index.ts';
import { REDEMPTION_CHECKS } from '../../core/redemption/index.ts';
import { SUBSCRIPTION_CHECKS } from '../../core/subscriptions/index.ts';

/** Everything that a verification of the books looks at, in its order. Each room brings its own. */
export const ALL_CHECKS: readonly LedgerCheck[] = [
  ...LEDGER_CHECKS,
  ...SUBSCRIPTION_CHECKS,
  ...QUOTA_CHECKS,
  ...ORDER_CHECKS,
  ...PAYMENT_CHECKS,
  ...REDEMPTION_CHECKS,
];

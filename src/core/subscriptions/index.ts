// Who has which plan, until when, and what is left of its windows. Knows no money but micro-dollars, no order, no payment.
export {
  type CancelInput,
  cancelSubscription,
  type ExtendInput,
  extendTo,
} from './change-subscription.ts';
export { CHARGE_TABLE, chargeRow, type SubscriptionCharge } from './charge.ts';
export { findGrantBySource, findSubscription, listGrants, listSubscriptions } from './find-subscription.ts';
export {
  followProvider,
  type ProviderState,
  type RenewAnswer,
  type RenewInput,
  renewSubscription,
} from './follow-provider.ts';
export { type GrantAnswer, type GrantInput, grantSubscription } from './grant-subscription.ts';
export { loadSubscriptions, runningAt, type SubscriptionSnapshot } from './load-subscriptions.ts';
export { planLimits } from './plan-limits.ts';
export { type RestoreAnswer, type RevokeAnswer, restoreGrant, revokeGrant } from './revoke-grant.ts';
export {
  type Grant,
  type LiveSubscription,
  STANDINGS,
  type Standing,
  type Subscription,
  type SubscriptionState,
  standingOf,
} from './subscription.ts';
export { SUBSCRIPTION_CHECKS, type SubscriptionCheck } from './subscription-checks.ts';
export type { SubscriptionFilter } from './subscription-store.ts';
export { type SubscriptionWindow, windowAt, windowLeft, windowResetsAt } from './window.ts';
export { beginWindows, lockWindows, readWindows, type WindowsBySubscription } from './window-store.ts';

// Takes money: payment channels, attempts, callbacks, refunds, reconciliation. Every provider is a folder of its own behind
// the port PaymentProvider; whoever builds on this opens one Cashier for the house.
export { askProviders } from './ask-providers.ts';
export { type BillingSettings, billingSettings, publicBaseUrl } from './billing-settings.ts';
export { type Cashier, type CashierInput, openCashier } from './cashier.ts';
export { type ChannelPatch, MANAGERS, type NewChannel, type PaymentChannel } from './channel.ts';
export { hasSealedChannels, resealChannels } from './channel-secrets.ts';
export { PAYMENT_CHECKS } from './check-store.ts';
export { cancelOrder, closeAttempts, expireOrders, markCanceled } from './close-orders.ts';
export { resetChannel, syncConfigChannels } from './config-channels.ts';
export { findInboxEvent, listInbox, replayEvent, retryInbox } from './inbox.ts';
export { INBOX_STATES, type InboxEvent, type InboxState } from './inbox-event.ts';
export {
  addChannel,
  editChannel,
  findChannel,
  listChannels,
  removeChannel,
  requireChannel,
  secretNamesOf,
} from './manage-channels.ts';
export { type HandPayment, markPaid } from './mark-paid.ts';
export {
  createSubscriptionOrder,
  createTopupOrder,
  type SubscriptionRequest,
  type TopupRequest,
} from './open-order.ts';
export { type OrderStory, tellOrder } from './order-story.ts';
export { PAYMENT_STATES, type Payment, type PaymentState } from './payment.ts';
export { PAYMENT_JOBS, type PaymentJob } from './payment-jobs.ts';
export { listOpenChannels, type OfferedChannel } from './pick-channel.ts';
export type { PaymentProvider, RawCallback } from './provider.ts';
export { callbackPath, openProviders, type Providers } from './providers.ts';
export { type CallbackAnswer, receiveCallback, receiveOrderPaid } from './receive-callback.ts';
export { RECON_STATES, type ReconItem, type ReconState } from './recon-item.ts';
export { explainItem, listReconItems } from './recon-items.ts';
export { type ReconReport, reconcile } from './reconcile.ts';
export { REFUND_STATES, type Refund, type RefundState } from './refund.ts';
export { type RefundRequest, requestRefund } from './request-refund.ts';
export { findRefund, followRefunds, listRefunds, settleRefund } from './send-refunds.ts';
export { type Started, type StartRequest, startPayment } from './start-payment.ts';

// What was bought: orders with everything frozen that decides about money, their states and their history. Knows no
// provider of payments.

export { exponentOf, formatMinor as formatAmount, isCurrency, stepOf } from '../currency.ts';
export { ORDER_CHECKS } from './check-store.ts';
export { closeOrder } from './close-order.ts';
export { parseAmount } from './currency.ts';
export { convertAmount, type ExchangeRates, parseRates, rateOf, worthOf } from './exchange-rate.ts';
export { findOrder, findOrderForUser, listDueOrders, listOrders } from './find-orders.ts';
export { ORDER_KINDS, ORDER_STATES, type Order, type OrderKind, type OrderState } from './order.ts';
export type { OrderEvent, OrderEventKind } from './order-event.ts';
export { hasOrders, hasPendingOrders, lockOrder, type OrderFilter } from './order-store.ts';
export { type NewOrder, placeOrder, publicNumber } from './place-order.ts';
export { listOrderEvents, recordOrderEvent } from './record-order-event.ts';
export {
  type LatePolicy,
  lateAccount,
  orderSource,
  type PaymentIn,
  type PaymentTaken,
  PLAN_REVENUE,
  REFUNDS_DUE,
  takePayment,
} from './take-payment.ts';

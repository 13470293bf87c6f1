import { findOrder, findOrderForUser, ORDER_KINDS, type Order, type OrderKind } from '../../core/orders/index.ts';
import { cancelOrder } from '../../core/payments/index.ts';
import { notFound } from '../../core/pick-by-ref.ts';
import type { AccountAnswer, AccountInput, AccountRoute } from './account-route.ts';
import { json } from './answers.ts';
import { askForPayment, baseUrlOf } from './begin-payment.ts';
import { viewOrder } from './order-view.ts';
import { addressOf, tooManyGuesses, withUser } from './require-user.ts';

/** From an order to the page on which it is paid. */
export const payRoutes: readonly AccountRoute[] = [
  // HEAD of it would begin a payment that nobody wants.
  { method: 'GET', path: '/pay/:kind/:order_id', owner: 'billing', answersHead: false, answer: goPay },
  { method: 'GET', path: '/pay/:kind/:order_id/return', owner: 'billing', answer: comeBack },
  { method: 'POST', path: '/pay/:kind/:order_id/start', owner: 'billing', answer: startAgain },
  { method: 'POST', path: '/pay/:kind/:order_id/cancel', owner: 'billing', answer: cancel },
];

const NUMBER = /^[0-9a-z]{26}$/;

/**
 * A browser that follows a link has no token, so the number of the order, which nobody can guess, is the right to pay
 * it. 303 to the provider's page; JSON for who asks for it, and for an order that is not to be paid any more.
 */
async function goPay(input: AccountInput): Promise<AccountAnswer> {
  return await withOrderNumber(input, async (order) => {
    // A balance pays at once, and a link alone must not spend it: that takes the token of its owner.
    if (order.state !== 'pending' || order.provider === 'balance') {
      return json(200, { ...viewOrder(order, baseUrlOf(input)), pay_url: null, qr_text: null });
    }
    const view = await askForPayment(input, order);
    if (view.pay_url !== null && !asksForJson(input)) return { kind: 'redirect', location: view.pay_url };
    return json(200, view);
  });
}

/** Where the provider sends the payer back. It proves nothing and changes nothing: the state is what our books say. */
async function comeBack(input: AccountInput): Promise<AccountAnswer> {
  return await withOrderNumber(input, async (order) => json(200, viewOrder(order, baseUrlOf(input))));
}

async function startAgain(input: AccountInput): Promise<AccountAnswer> {
  return await withOwnOrder(input, async (order) => {
    return json(200, await askForPayment(input, order));
  });
}

async function cancel(input: AccountInput): Promise<AccountAnswer> {
  return await withOwnOrder(input, async (order) => {
    const canceled = await cancelOrder(input.house.cashier, order, `user:${order.userId}`);
    return json(200, viewOrder(canceled, baseUrlOf(input)));
  });
}

async function withOwnOrder(
  input: AccountInput,
  answer: (order: Order) => Promise<AccountAnswer>,
): Promise<AccountAnswer> {
  return await withUser(input, async (user) => {
    const { kind, number } = orderNamed(input);
    return await answer(await findOrderForUser(input.house.ctx, user.id, kind, number));
  });
}

/** A wrong number counts as a guess, like a wrong token. */
async function withOrderNumber(
  input: AccountInput,
  answer: (order: Order) => Promise<AccountAnswer>,
): Promise<AccountAnswer> {
  const { guesses, ctx } = input.house;
  const { kind, number } = orderNamed(input);
  const address = addressOf(input);
  const waitMs = guesses.waitMs(address);
  if (waitMs > 0) return tooManyGuesses('wrong orders', waitMs);
  const order = await findOrder(ctx, number, kind).catch(() => null);
  // A beginning of an id finds orders too, for operators; here it must be the whole number.
  if (order?.number === number) return await answer(order);
  guesses.count(address);
  throw notFound('order', number);
}

/** @throws Failure not_found for what cannot be an order, without a look. */
function orderNamed({ params }: AccountInput): { readonly kind: OrderKind; readonly number: string } {
  const kind = ORDER_KINDS.find((one) => one === params['kind']);
  const number = params['order_id'] ?? '';
  if (kind === undefined || !NUMBER.test(number)) throw notFound('order', number.slice(0, 40));
  return { kind, number };
}

function asksForJson({ req }: AccountInput): boolean {
  const accept = req.headers.accept ?? '';
  return /\bapplication\/(?:[\w.+-]+\+)?json\b/i.test(accept);
}

import { arg, given, leaf, type Node } from '../../command.ts';
import { choice, required, text } from '../../flags.ts';
import { list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { KINDS, ORDER_COLUMNS, STATES, showOne } from './order-view.ts';
import { tellOrder } from './tell-order.ts';

const ORDER = arg('number, id, or unique beginning of an id');

const listOrders = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list orders, newest first',
  examples: ['realms order list', 'realms order list --state pending --user alice'],
  flags: {
    kind: choice(KINDS, 'only these'),
    state: choice(STATES, 'only these'),
    user: text('USER', 'only of this user'),
    channel: text('CHANNEL', 'only of this payment channel'),
    ...PAGE_FLAGS,
  },
  run: async (context, { flags }) => {
    const { listOrders } = await import('../../../core/contract/index.ts');
    const { kind, state, user, channel } = flags;
    const query = { ...pageOf(flags), ...given({ kind, state, user, channel }) };
    return list(await (await context.client()).call(listOrders, { query }), ORDER_COLUMNS, 'no orders');
  },
});

const showOrder = leaf({
  name: 'show',
  about: 'tell everything that an order went through: events, attempts, callbacks, refunds, money',
  examples: ['realms order show 01jd0kq4v6m8t2w5x7y9zabcde'],
  args: { order: ORDER },
  run: async (context, { args }) => {
    const { showOrder } = await import('../../../core/contract/index.ts');
    const story = await (await context.client()).call(showOrder, { params: args });
    return { data: story, view: { kind: 'text', lines: tellOrder(story) }, names: [story.id] };
  },
});

const markPaid = leaf({
  name: 'mark-paid',
  about: 'say that an order was paid by another way; root only, and what was bought is given at once',
  examples: ['realms order mark-paid 01jd0kq4v6m8t2w5x7y9zabcde --reference "bank 4711" --reason "seen in the bank"'],
  args: { order: ORDER },
  flags: { reference: required(text('TEXT', 'what names the money elsewhere, such as a bank reference')) },
  run: async (context, { args, flags }) => {
    await context.confirm(`Take the whole of order ${args.order} as paid?`);
    const { markOrderPaid } = await import('../../../core/contract/index.ts');
    const body = { reference: flags.reference };
    return showOne(await (await context.client()).call(markOrderPaid, { params: args, body }));
  },
});

const cancelOrder = leaf({
  name: 'cancel',
  about: 'cancel an order that waits for its payment; root only',
  examples: ['realms order cancel 01jd0kq4v6m8t2w5x7y9zabcde --reason "asked for by the user"'],
  args: { order: ORDER },
  run: async (context, { args }) => {
    await context.confirm(`Cancel order ${args.order}?`);
    const { cancelOrder } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(cancelOrder, { params: args }, { slow: true }));
  },
});

export const orderCommands: readonly Node[] = [listOrders, showOrder, markPaid, cancelOrder];

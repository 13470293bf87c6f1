import { arg, given, leaf } from '../../command.ts';
import { choice, text } from '../../flags.ts';
import { item, list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { CALLBACK_COLUMNS, CALLBACK_STATES, callbackFields, showRefund } from './pay-view.ts';

export const listInbox = leaf({
  name: 'inbox',
  about: 'list the callbacks of providers with their verdicts, newest first',
  examples: ['realms pay inbox', 'realms pay inbox --state refused --channel cn'],
  flags: {
    state: choice(CALLBACK_STATES, 'only these'),
    channel: text('CHANNEL', 'only of this payment channel'),
    ...PAGE_FLAGS,
  },
  run: async (context, { flags }) => {
    const { listCallbacks } = await import('../../../core/contract/index.ts');
    const { state, channel } = flags;
    const query = { ...pageOf(flags), ...given({ state, channel }) };
    return list(await (await context.client()).call(listCallbacks, { query }), CALLBACK_COLUMNS, 'no callbacks');
  },
});

export const showPayment = leaf({
  name: 'show',
  about: 'show a callback and what it says, or a refund',
  examples: ['realms pay show inb_01jd0', 'realms pay show rfd_01jd0'],
  args: { id: arg('id of a callback (inb_…) or of a refund (rfd_…)') },
  run: async (context, { args }) => {
    const { showCallback, showRefund: showRefundRoute } = await import('../../../core/contract/index.ts');
    const client = await context.client();
    if (args.id.startsWith('rfd_'))
      return showRefund(await client.call(showRefundRoute, { params: { refund: args.id } }));
    const callback = await client.call(showCallback, { params: { callback: args.id } });
    const facts = callback.facts.map((fact, at) => [`fact ${at + 1}`, JSON.stringify(fact)] as const);
    return item(callback, [...callbackFields(callback), ...facts, ['callback', callback.shown]]);
  },
});

export const replayCallback = leaf({
  name: 'replay',
  about: 'apply a callback once more; nothing is ever credited twice',
  examples: ['realms pay replay inb_01jd0 --reason "the channel was repaired"'],
  args: { id: arg('id of the callback') },
  run: async (context, { args }) => {
    const { replayCallback } = await import('../../../core/contract/index.ts');
    const callback = await (await context.client()).call(replayCallback, { params: { callback: args.id } });
    return item(callback, callbackFields(callback));
  },
});

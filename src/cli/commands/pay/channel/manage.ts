import { arg, leaf } from '../../../command.ts';
import { list } from '../../../render/answer.ts';
import { removed } from '../../removed.ts';
import { CHANNEL_COLUMNS, showOne } from './channel-view.ts';

export const listChannels = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the payment channels',
  examples: ['realms pay channel list'],
  run: async (context) => {
    const { listPaymentChannels } = await import('../../../../core/contract/index.ts');
    const channels = await (await context.client()).call(listPaymentChannels, {});
    return list(channels, CHANNEL_COLUMNS, 'no payment channels; add one with: realms pay channel add');
  },
});

export const showChannel = leaf({
  name: 'show',
  about: 'show a payment channel, without its secrets',
  examples: ['realms pay channel show cn'],
  args: { channel: arg('name or id') },
  run: async (context, { args }) => {
    const { showPaymentChannel } = await import('../../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(showPaymentChannel, { params: args }));
  },
});

export const removeChannel = leaf({
  name: 'remove',
  alias: 'rm',
  about: 'remove a payment channel that never had an order',
  examples: ['realms pay channel remove cn --yes'],
  args: { channel: arg('name or id') },
  run: async (context, { args }) => {
    await context.confirm(`Remove the payment channel ${args.channel} and its secrets?`);
    const { removePaymentChannel } = await import('../../../../core/contract/index.ts');
    await (await context.client()).call(removePaymentChannel, { params: args });
    return removed('payment channel', args.channel);
  },
});

export const resetChannel = leaf({
  name: 'reset',
  about: 'let the configuration decide about a payment channel again',
  examples: ['realms pay channel reset epay --yes'],
  args: { channel: arg('name or id') },
  run: async (context, { args }) => {
    await context.confirm(`Replace what was set for ${args.channel} by what the configuration says?`);
    const { resetPaymentChannel } = await import('../../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(resetPaymentChannel, { params: args }));
  },
});

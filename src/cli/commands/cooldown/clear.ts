import { arg, leaf } from '../../command.ts';
import { removed } from '../removed.ts';

export const clearCooldown = leaf({
  name: 'clear',
  about: 'end a cooldown now; the next requests try again',
  examples: ['realms cooldown clear cool_01'],
  args: { cooldown: arg('id as the list shows it') },
  run: async (context, { args }) => {
    const { clearCooldown } = await import('../../../core/contract/index.ts');
    await (await context.client()).call(clearCooldown, { params: args });
    return removed('cooldown', args.cooldown, 'cleared');
  },
});

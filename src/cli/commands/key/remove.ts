import { arg, leaf } from '../../command.ts';
import { removed } from '../removed.ts';

export const removeKey = leaf({
  name: 'remove',
  alias: 'rm',
  about: 'remove a key; it stops working at once',
  examples: ['realms key remove laptop --yes'],
  args: { key: arg('id, unique beginning of an id, or name where it is unique') },
  run: async (context, { args }) => {
    await context.confirm(`Remove key ${args.key}? Clients that use it are refused at once.`);
    const { removeKey } = await import('../../../core/contract/index.ts');
    await (await context.client()).call(removeKey, { params: args });
    return removed('key', args.key);
  },
});

import { arg, leaf } from '../../command.ts';
import { removed } from '../removed.ts';

export const removeUpstream = leaf({
  name: 'remove',
  alias: 'rm',
  about: 'remove an upstream with its endpoints, credentials and model bindings',
  examples: ['realms upstream remove main --yes'],
  args: { upstream: arg('name or id') },
  run: async (context, { args }) => {
    await context.confirm(`Remove upstream ${args.upstream} with its credentials and model bindings?`);
    const { removeUpstream } = await import('../../../core/contract/index.ts');
    await (await context.client()).call(removeUpstream, { params: args });
    return removed('upstream', args.upstream);
  },
});

import { arg, leaf } from '../../command.ts';
import { removed } from '../removed.ts';

export const removeCredential = leaf({
  name: 'remove',
  alias: 'rm',
  about: 'remove a credential',
  examples: ['realms credential remove cred_01 --yes'],
  args: { credential: arg('id, or name where it is unique') },
  run: async (context, { args }) => {
    await context.confirm(`Remove credential ${args.credential}?`);
    const { removeCredential } = await import('../../../core/contract/index.ts');
    await (await context.client()).call(removeCredential, { params: args });
    return removed('credential', args.credential);
  },
});

import { arg, leaf } from '../../command.ts';
import { removed } from '../removed.ts';

export const revokeToken = leaf({
  name: 'revoke',
  about: 'revoke an admin token; it stops working at once',
  examples: ['realms token revoke laptop --yes'],
  args: { token: arg('id or name') },
  run: async (context, { args }) => {
    await context.confirm(`Revoke admin token ${args.token}?`);
    const { revokeToken } = await import('../../../core/contract/index.ts');
    await (await context.client()).call(revokeToken, { params: args });
    return removed('token', args.token, 'revoked');
  },
});

import { arg, leaf } from '../../../command.ts';
import { removed } from '../../removed.ts';

export const revokeUserToken = leaf({
  name: 'revoke',
  about: 'revoke a user’s token; it stops working at once',
  examples: ['realms user token revoke utk_01kdv9n6q0 --yes'],
  args: { token: arg('id, unique beginning of an id, or name') },
  run: async (context, { args }) => {
    await context.confirm(`Revoke user token ${args.token}?`);
    const { revokeUserToken } = await import('../../../../core/contract/index.ts');
    await (await context.client()).call(revokeUserToken, { params: args });
    return removed('token', args.token, 'revoked');
  },
});

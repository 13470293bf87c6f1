import { given, leaf, optionalArg } from '../../command.ts';
import { list } from '../../render/answer.ts';
import { CREDENTIAL_COLUMNS } from './credential-view.ts';

export const listCredentials = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the credentials of one upstream or of all',
  examples: ['realms credential list', 'realms credential list main'],
  args: { upstream: optionalArg('name or id of the upstream') },
  run: async (context, { args }) => {
    const { listCredentials } = await import('../../../core/contract/index.ts');
    const credentials = await (await context.client()).call(listCredentials, { query: given(args) });
    return list(credentials, CREDENTIAL_COLUMNS, 'no credentials; add one with: realms credential add UPSTREAM');
  },
});

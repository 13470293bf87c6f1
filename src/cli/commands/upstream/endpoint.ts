import { arg, branch, given, leaf } from '../../command.ts';
import { whole } from '../../flags.ts';
import { showOne } from './upstream-view.ts';

const add = leaf({
  name: 'add',
  about: 'add an endpoint to an upstream',
  examples: ['realms upstream endpoint add main https://eu.example/v1 --priority 10'],
  args: { upstream: arg('name or id'), baseUrl: arg('base URL including the version') },
  flags: { priority: whole('N', 'lower numbers are used first') },
  run: async (context, { args, flags }) => {
    const { createEndpoint } = await import('../../../core/contract/index.ts');
    const body = { base_url: args.baseUrl, ...given(flags) };
    return showOne(await (await context.client()).call(createEndpoint, { params: { upstream: args.upstream }, body }));
  },
});

const remove = leaf({
  name: 'remove',
  alias: 'rm',
  about: 'remove an endpoint from an upstream',
  examples: ['realms upstream endpoint remove main https://eu.example/v1 --yes'],
  args: { upstream: arg('name or id'), endpoint: arg('id or base URL of the endpoint') },
  run: async (context, { args }) => {
    await context.confirm(`Remove endpoint ${args.endpoint} from upstream ${args.upstream}?`);
    const { removeEndpoint } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(removeEndpoint, { params: args }));
  },
});

export const endpointBranch = branch({ name: 'endpoint', about: 'base URLs of an upstream', children: [add, remove] });

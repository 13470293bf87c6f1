import { arg, given, leaf } from '../../command.ts';
import { text } from '../../flags.ts';
import { requireChange } from '../require-change.ts';
import { readUpstreamFlags, UPSTREAM_FLAGS } from './upstream-flags.ts';
import { showOne } from './upstream-view.ts';

export const editUpstream = leaf({
  name: 'edit',
  about: 'change an upstream; only what is given changes',
  examples: ['realms upstream edit main --priority 10 --weight 3', 'realms upstream edit main --no-allow-private'],
  args: { upstream: arg('name or id') },
  flags: { name: text('NAME', 'new name'), ...UPSTREAM_FLAGS },
  run: async (context, { args, flags }) => {
    const body = requireChange({ ...given({ name: flags.name }), ...(await readUpstreamFlags(flags)) });
    const { editUpstream } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(editUpstream, { params: args, body }));
  },
});

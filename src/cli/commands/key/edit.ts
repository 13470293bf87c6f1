import { arg, given, leaf } from '../../command.ts';
import { text } from '../../flags.ts';
import { requireChange } from '../require-change.ts';
import { KEY_FLAGS, readKeyFlags } from './key-flags.ts';
import { showOne } from './key-view.ts';

export const editKey = leaf({
  name: 'edit',
  about: 'change a key; only what is given changes',
  examples: [
    'realms key edit laptop --rpm 60 --groups cheap,main',
    'realms key edit laptop --models all --expires never',
  ],
  args: { key: arg('id, unique beginning of an id, or name where it is unique') },
  flags: { name: text('NAME', 'new name'), ...KEY_FLAGS },
  run: async (context, { args, flags }) => {
    const body = requireChange({ ...given({ name: flags.name }), ...readKeyFlags(context, flags) });
    const { editKey } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(editKey, { params: args, body }));
  },
});

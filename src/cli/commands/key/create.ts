import { leaf } from '../../command.ts';
import { required, text } from '../../flags.ts';
import { KEY_FLAGS, readKeyFlags } from './key-flags.ts';
import { showNew } from './key-view.ts';

export const createKey = leaf({
  name: 'create',
  alias: 'add',
  about: 'create a key for a client; its text is shown this once',
  examples: [
    'realms key create --user owner --name laptop -o json',
    'realms key create --user alice --name ci --models "gpt-*" --rpm 60 --expires 90d',
  ],
  flags: {
    user: required(text('NAME', 'owner, by name or id')),
    name: required(text('NAME', 'what you recognise it by')),
    ...KEY_FLAGS,
  },
  run: async (context, { flags }) => {
    const { createKey } = await import('../../../core/contract/index.ts');
    const body = { user: flags.user, name: flags.name, ...readKeyFlags(context, flags) };
    return showNew(await (await context.client()).call(createKey, { body }));
  },
});

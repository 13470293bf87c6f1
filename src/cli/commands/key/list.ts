import { given, leaf } from '../../command.ts';
import { text } from '../../flags.ts';
import { list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { KEY_COLUMNS } from './key-view.ts';

export const listKeys = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the keys, newest first',
  examples: ['realms key list', 'realms key list --user alice'],
  flags: { user: text('NAME', 'only of this user'), ...PAGE_FLAGS },
  run: async (context, { flags }) => {
    const { listKeys } = await import('../../../core/contract/index.ts');
    const query = { ...pageOf(flags), ...given({ user: flags.user }) };
    const keys = await (await context.client()).call(listKeys, { query });
    return list(keys, KEY_COLUMNS, 'no keys; create one with: realms key create');
  },
});

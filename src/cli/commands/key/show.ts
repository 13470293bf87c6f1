import { arg, leaf } from '../../command.ts';
import { showOne } from './key-view.ts';

export const showKey = leaf({
  name: 'show',
  about: 'show a key, without its text',
  examples: ['realms key show key_01'],
  args: { key: arg('id, unique beginning of an id, or name where it is unique') },
  run: async (context, { args }) => {
    const { showKey } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(showKey, { params: args }));
  },
});

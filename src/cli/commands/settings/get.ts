import { arg, leaf } from '../../command.ts';
import { showOne } from './setting-view.ts';

export const getSetting = leaf({
  name: 'get',
  about: 'show a setting',
  examples: ['realms settings get relay.attempts_max'],
  args: { key: arg('dotted key, as in the config file') },
  run: async (context, { args }) => {
    const { showSetting } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(showSetting, { params: args }));
  },
});

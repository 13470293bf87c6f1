import { arg, leaf } from '../../command.ts';
import { showOne } from './setting-view.ts';

export const unsetSetting = leaf({
  name: 'unset',
  about: 'remove an override; the config file or the default decides again',
  examples: ['realms settings unset relay.attempts_max'],
  args: { key: arg('dotted key, as in the config file') },
  run: async (context, { args }) => {
    const { unsetSetting } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(unsetSetting, { params: args }));
  },
});

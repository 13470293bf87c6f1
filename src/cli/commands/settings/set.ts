import { arg, leaf } from '../../command.ts';
import { showOne } from './setting-view.ts';

export const setSetting = leaf({
  name: 'set',
  about: 'override a setting; takes effect at once',
  examples: ['realms settings set relay.attempts_max 3', 'realms settings set log.level debug'],
  args: { key: arg('dotted key, as in the config file'), value: arg('the value as text') },
  run: async (context, { args }) => {
    const { setSetting } = await import('../../../core/contract/index.ts');
    const call = { params: { key: args.key }, body: { value: args.value } };
    const setting = await (await context.client()).call(setSetting, call);
    return showOne(setting, [`undo: realms settings unset ${setting.key}`]);
  },
});

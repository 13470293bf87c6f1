import { arg, leaf } from '../../command.ts';
import { showOne } from './model-view.ts';

export const showModel = leaf({
  name: 'show',
  about: 'show a model; an alias finds it too',
  examples: ['realms model show gpt-x'],
  args: { model: arg('public id or alias') },
  run: async (context, { args }) => {
    const { showModel } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(showModel, { params: args }));
  },
});

import { arg, leaf } from '../../command.ts';
import { required, text } from '../../flags.ts';
import { showOne } from './model-view.ts';

export const unbindModel = leaf({
  name: 'unbind',
  about: 'let an upstream no longer serve a model',
  examples: ['realms model unbind gpt-x --upstream relay-3'],
  args: { model: arg('public id or alias') },
  flags: { upstream: required(text('NAME', 'name or id of the upstream')) },
  run: async (context, { args, flags }) => {
    const { unbindModel } = await import('../../../core/contract/index.ts');
    const params = { model: args.model, upstream: flags.upstream };
    return showOne(await (await context.client()).call(unbindModel, { params }));
  },
});

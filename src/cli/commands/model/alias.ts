import { arg, branch, leaf } from '../../command.ts';
import { showOne } from './model-view.ts';

const ARGS = { model: arg('public id'), alias: arg('the other name') };

const add = leaf({
  name: 'add',
  about: 'give a model another name',
  examples: ['realms model alias add gpt-x gpt-latest'],
  args: ARGS,
  run: async (context, { args }) => {
    const { addModelAlias } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(addModelAlias, { params: args }));
  },
});

const remove = leaf({
  name: 'remove',
  alias: 'rm',
  about: 'take another name away from a model',
  examples: ['realms model alias remove gpt-x gpt-latest --yes'],
  args: ARGS,
  run: async (context, { args }) => {
    await context.confirm(`Remove the name ${args.alias} of model ${args.model}?`);
    const { removeModelAlias } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(removeModelAlias, { params: args }));
  },
});

export const aliasBranch = branch({ name: 'alias', about: 'other names of a model', children: [add, remove] });

import { arg, leaf } from '../../command.ts';
import { removed } from '../removed.ts';

export const removeModel = leaf({
  name: 'remove',
  alias: 'rm',
  about: 'remove a model with its bindings, aliases and prices',
  examples: ['realms model remove gpt-x --yes'],
  args: { model: arg('public id') },
  run: async (context, { args }) => {
    await context.confirm(`Remove model ${args.model} with its bindings, aliases and prices?`);
    const { removeModel } = await import('../../../core/contract/index.ts');
    await (await context.client()).call(removeModel, { params: args });
    return removed('model', args.model);
  },
});

import { leaf } from '../../command.ts';
import { showFeatures } from './feature-view.ts';

export const listFeatures = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the features with their state and what decided it',
  examples: ['realms feature list'],
  run: async (context) => {
    const { listFeatures } = await import('../../../core/contract/index.ts');
    return showFeatures(await (await context.client()).call(listFeatures, {}));
  },
});

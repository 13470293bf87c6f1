import { branch, type Leaf, leaf } from '../../command.ts';
import { showFeatures } from './feature-view.ts';

export const selfModeBranch = branch({
  name: 'self-mode',
  about: 'billing and tickets are off while it is on',
  children: [switchTo(true), switchTo(false)],
});

function switchTo(enabled: boolean): Leaf {
  const name = enabled ? 'on' : 'off';
  return leaf({
    name,
    about: enabled
      ? 'switch billing and tickets off, whatever their settings say'
      : 'let the settings of billing and tickets decide',
    examples: [`realms feature self-mode ${name}`],
    run: async (context) => {
      const { setSelfMode } = await import('../../../core/contract/index.ts');
      return showFeatures(await (await context.client()).call(setSelfMode, { body: { enabled } }));
    },
  });
}

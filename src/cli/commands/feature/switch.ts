import { arg, type Leaf, leaf } from '../../command.ts';
import { showFeatures } from './feature-view.ts';

export const enableFeature = switchTo(true);
export const disableFeature = switchTo(false);

function switchTo(enabled: boolean): Leaf {
  const name = enabled ? 'enable' : 'disable';
  const undo = enabled ? 'disable' : 'enable';
  return leaf({
    name,
    about: enabled ? 'switch a feature on; takes effect at once' : 'switch a feature off; its routes are gone at once',
    examples: [`realms feature ${name} models`],
    args: { feature: arg('name as the list shows it') },
    run: async (context, { args }) => {
      const { setFeature } = await import('../../../core/contract/index.ts');
      const features = await (await context.client()).call(setFeature, { params: args, body: { enabled } });
      return showFeatures(features, [
        ...tellOverruled(features, args.feature, enabled),
        `undo: realms feature ${undo} ${args.feature}`,
      ]);
    },
  });
}

/** The switch was thrown, but something stronger decides. */
function tellOverruled(
  features: {
    readonly items: readonly { readonly name: string; readonly enabled: boolean; readonly source: string }[];
  },
  name: string,
  wanted: boolean,
): string[] {
  const feature = features.items.find((one) => one.name === name);
  if (!feature || feature.enabled === wanted) return [];
  return [`warning: ${name} stays ${feature.enabled ? 'on' : 'off'}, because ${feature.source} decides`];
}

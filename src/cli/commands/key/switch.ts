import { arg, type Leaf, leaf } from '../../command.ts';
import { done } from '../../render/answer.ts';

export const enableKey = switchTo(true);
export const disableKey = switchTo(false);

function switchTo(enabled: boolean): Leaf {
  const name = enabled ? 'enable' : 'disable';
  const undo = enabled ? 'disable' : 'enable';
  return leaf({
    name,
    about: enabled ? 'serve requests with a key again' : 'refuse requests with a key from now on',
    examples: [`realms key ${name} laptop`],
    args: { key: arg('id, unique beginning of an id, or name where it is unique') },
    run: async (context, { args }) => {
      const { editKey } = await import('../../../core/contract/index.ts');
      const key = await (await context.client()).call(editKey, { params: args, body: { enabled } });
      return done(key, `key ${key.name} (${key.hint}) is ${name}d`, [`undo: realms key ${undo} ${key.id}`]);
    },
  });
}

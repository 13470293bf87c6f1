import { arg, type Leaf, leaf } from '../../command.ts';
import { done } from '../../render/answer.ts';

export const enableUpstream = switchTo(true);
export const disableUpstream = switchTo(false);

function switchTo(enabled: boolean): Leaf {
  const name = enabled ? 'enable' : 'disable';
  const undo = enabled ? 'disable' : 'enable';
  return leaf({
    name,
    about: enabled ? 'let an upstream take part again' : 'take an upstream out; running requests go on',
    examples: [`realms upstream ${name} main`],
    args: { upstream: arg('name or id') },
    run: async (context, { args }) => {
      const { editUpstream } = await import('../../../core/contract/index.ts');
      const upstream = await (await context.client()).call(editUpstream, { params: args, body: { enabled } });
      return done(upstream, `upstream ${upstream.name} is ${name}d`, [
        `undo: realms upstream ${undo} ${upstream.name}`,
      ]);
    },
  });
}

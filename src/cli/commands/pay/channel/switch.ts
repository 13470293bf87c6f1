import { arg, type Leaf, leaf } from '../../../command.ts';
import { done } from '../../../render/answer.ts';

export const enableChannel = switchTo(true);
export const disableChannel = switchTo(false);

function switchTo(enabled: boolean): Leaf {
  const name = enabled ? 'enable' : 'disable';
  const undo = enabled ? 'disable' : 'enable';
  return leaf({
    name,
    about: enabled
      ? 'let a payment channel take orders; refused while a secret is missing'
      : 'take no new orders and callbacks; what was begun is still asked about',
    examples: [`realms pay channel ${name} cn`],
    args: { channel: arg('name or id') },
    run: async (context, { args }) => {
      const { editPaymentChannel } = await import('../../../../core/contract/index.ts');
      const channel = await (await context.client()).call(editPaymentChannel, { params: args, body: { enabled } });
      const sentence = `payment channel ${channel.name} is ${name}d`;
      return done(channel, sentence, [`undo: realms pay channel ${undo} ${channel.name}`]);
    },
  });
}

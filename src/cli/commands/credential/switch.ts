import { arg, type Leaf, leaf } from '../../command.ts';
import { done } from '../../render/answer.ts';

export const enableCredential = switchTo(true);
export const disableCredential = switchTo(false);

function switchTo(enabled: boolean): Leaf {
  const name = enabled ? 'enable' : 'disable';
  const undo = enabled ? 'disable' : 'enable';
  return leaf({
    name,
    about: enabled ? 'let a credential take part again' : 'take a credential out; running requests go on',
    examples: [`realms credential ${name} cred_01`],
    args: { credential: arg('id, or name where it is unique') },
    run: async (context, { args }) => {
      const { editCredential } = await import('../../../core/contract/index.ts');
      const credential = await (await context.client()).call(editCredential, { params: args, body: { enabled } });
      const sentence = `credential ${credential.name} of ${credential.upstream} is ${name}d`;
      return done(credential, sentence, [`undo: realms credential ${undo} ${credential.id}`]);
    },
  });
}

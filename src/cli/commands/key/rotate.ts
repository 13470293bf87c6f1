import { arg, leaf } from '../../command.ts';
import { showNew } from './key-view.ts';

export const rotateKey = leaf({
  name: 'rotate',
  about: 'replace the text of a key; the old text stops working at once',
  examples: ['realms key rotate laptop --yes'],
  args: { key: arg('id, unique beginning of an id, or name where it is unique') },
  run: async (context, { args }) => {
    await context.confirm(`Replace key ${args.key}? Clients that still use the old text are refused at once.`);
    const { rotateKey } = await import('../../../core/contract/index.ts');
    return showNew(await (await context.client()).call(rotateKey, { params: args }));
  },
});

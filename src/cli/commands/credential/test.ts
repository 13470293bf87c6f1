import { arg, given, leaf } from '../../command.ts';
import { text } from '../../flags.ts';
import { showTest } from '../upstream/upstream-view.ts';

export const testCredential = leaf({
  name: 'test',
  about: 'ask the upstream whether it accepts a credential',
  examples: ['realms credential test cred_01', 'realms credential test cred_01 --model gpt-x-2026'],
  args: { credential: arg('id, or name where it is unique') },
  flags: {
    model: text('MODEL', "upstream's model to send a one-token request to; without it the list of models is read"),
  },
  run: async (context, { args, flags }) => {
    const { testCredential } = await import('../../../core/contract/index.ts');
    const client = await context.client();
    return showTest(await client.call(testCredential, { params: args, body: given(flags) }, { slow: true }));
  },
});

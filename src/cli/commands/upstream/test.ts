import { arg, given, leaf } from '../../command.ts';
import { text } from '../../flags.ts';
import { showTest } from './upstream-view.ts';

export const testUpstream = leaf({
  name: 'test',
  about: 'try every enabled endpoint with every enabled credential',
  examples: ['realms upstream test main', 'realms upstream test main --model gpt-x-2026'],
  args: { upstream: arg('name or id') },
  flags: {
    model: text('MODEL', "upstream's model to send a one-token request to; without it the list of models is read"),
  },
  run: async (context, { args, flags }) => {
    const { testUpstream } = await import('../../../core/contract/index.ts');
    const client = await context.client();
    return showTest(await client.call(testUpstream, { params: args, body: given(flags) }, { slow: true }));
  },
});

import { arg, leaf } from '../../command.ts';
import { item } from '../../render/answer.ts';
import { instant } from '../../render/cells.ts';
import { codeFields } from './redeem-view.ts';

export const showCode = leaf({
  name: 'show',
  about: 'show a code and who has redeemed it',
  examples: ['realms redeem show 7K2M'],
  args: { code: arg('id, unique beginning of an id, or its last four characters') },
  run: async (context, { args }) => {
    const { showRedemptionCode } = await import('../../../core/contract/index.ts');
    const code = await (await context.client()).call(showRedemptionCode, { params: args });
    const used = code.redemptions.map(
      ({ at, user, user_id }) => ['redeemed by', `${user ?? user_id} at ${instant(at)}`] as const,
    );
    return item(code, [...codeFields(code), ...used]);
  },
});

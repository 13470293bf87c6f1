import { arg, given, leaf } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import { required, text, usd } from '../../flags.ts';
import { item } from '../../render/answer.ts';
import { usdOrNone } from '../../render/cells.ts';
import { balanceFields } from './balance-view.ts';

export const adjustBalance = leaf({
  name: 'adjust',
  about: 'give or take balance by hand; only root may, and has to say why',
  examples: [
    'realms balance adjust alice --amount 10.00 --reason "welcome"',
    'realms balance adjust alice --amount -2.50 --reason "charged twice" --idempotency-key ticket-17',
  ],
  args: { user: arg('name or id') },
  flags: {
    amount: required(usd('how much to give; with a minus: to take')),
    idempotencyKey: text('KEY', 'word of your choice: the same one never adjusts twice'),
  },
  run: async (context, { args, flags }) => {
    if (context.flags.reason === undefined) throw wrongUsage('--reason is missing', 'why, for the audit log');
    const { adjustBalance } = await import('../../../core/contract/index.ts');
    const body = { amount_usd: flags.amount.trim(), ...given({ idempotency_key: flags.idempotencyKey }) };
    const adjusted = await (await context.client()).call(adjustBalance, { params: args, body });
    const fields = [
      ...balanceFields(adjusted),
      ['adjusted by', usdOrNone(adjusted.amount_usd)] as const,
      ['transfer', adjusted.transfer] as const,
    ];
    const notes = adjusted.repeated ? ['nothing was changed: this key had adjusted the balance before'] : [];
    return { ...item(adjusted, fields, notes), names: [adjusted.transfer] };
  },
});

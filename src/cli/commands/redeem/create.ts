import { given, leaf } from '../../command.ts';
import { limit, required, text, usd, whole } from '../../flags.ts';
import { table } from '../../render/answer.ts';
import { readExpiry } from '../expiry.ts';

export const createCodes = leaf({
  name: 'create',
  alias: 'add',
  about: 'make codes that give balance or a plan; their texts are shown this once',
  examples: [
    'realms redeem create --name spring --amount 5.00 --count 100 --expires 90d -o json',
    'realms redeem create --name launch --plan pro --uses none --per-user 1',
  ],
  flags: {
    name: required(text('NAME', 'what you recognise the batch by')),
    amount: usd('balance that each redemption gives'),
    plan: text('PLAN', 'plan that each redemption gives, as it is sold now'),
    count: whole('N', 'how many codes; 1 unless given'),
    uses: limit('how often each code can be redeemed; 1 unless given, none: no limit'),
    perUser: limit('how often one user can redeem codes of the batch; 1 unless given, none: no limit'),
    expires: text('WHEN', 'not redeemed from then on: a date or 90d; never unless given'),
  },
  run: async (context, { flags }) => {
    const body = {
      name: flags.name,
      count: flags.count ?? 1,
      ...given({
        amount_usd: flags.amount,
        plan: flags.plan,
        max_redemptions: flags.uses,
        max_per_user: flags.perUser,
        expires_at: readExpiry(context, flags.expires, '--expires'),
      }),
    };
    const { createRedemptionCodes } = await import('../../../core/contract/index.ts');
    const made = await (await context.client()).call(createRedemptionCodes, { body });
    const columns = [
      { title: 'ID', cell: (row: { id: string }) => row.id },
      { title: 'CODE', cell: (row: { code: string }) => row.code },
    ];
    return {
      data: made,
      view: table(made.items, columns, 'no codes'),
      names: made.items.map(({ id }) => id),
      notes: [
        `this is the only time that the codes are shown: store them now (batch ${made.batch.id})`,
        `undo: realms redeem disable --batch ${made.batch.id}`,
      ],
    };
  },
});

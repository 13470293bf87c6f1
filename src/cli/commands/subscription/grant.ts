import { arg, given, leaf } from '../../command.ts';
import { text } from '../../flags.ts';
import { showOne } from './subscription-view.ts';

export const grantSubscription = leaf({
  name: 'grant',
  about: 'give a user a plan as if it were bought',
  examples: [
    'realms subscription grant alice pro --reason "won it"',
    'realms subscription grant alice pro --idempotency-key summer-2026-alice',
  ],
  args: { user: arg('name or id'), plan: arg('code or id') },
  flags: { idempotencyKey: text('KEY', 'the same key gives once, however often the command is repeated') },
  run: async (context, { args, flags }) => {
    const { grantSubscription } = await import('../../../core/contract/index.ts');
    const body = { ...args, ...given({ idempotency_key: flags.idempotencyKey }) };
    const granted = await (await context.client()).call(grantSubscription, { body });
    return showOne(granted, granted.repeated ? ['this key had given it before; nothing was given now'] : []);
  },
});

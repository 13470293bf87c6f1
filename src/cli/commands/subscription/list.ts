import { given, leaf } from '../../command.ts';
import { choice, text } from '../../flags.ts';
import { list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { SUBSCRIPTION_COLUMNS } from './subscription-view.ts';

const STATES = ['queued', 'active', 'past_due', 'expired', 'canceled', 'revoked'] as const;

export const listSubscriptions = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list who has which plan, what is left of it and when that resets, newest first',
  examples: ['realms subscription list --user alice', 'realms subscription list --plan pro --state active'],
  flags: {
    user: text('NAME', 'only of this user'),
    plan: text('CODE', 'only of this plan'),
    state: choice(STATES, 'only what is so now'),
    ...PAGE_FLAGS,
  },
  run: async (context, { flags }) => {
    const { listSubscriptions } = await import('../../../core/contract/index.ts');
    const { user, plan, state } = flags;
    const query = { ...pageOf(flags), ...given({ user, plan, state }) };
    const subscriptions = await (await context.client()).call(listSubscriptions, { query });
    return list(subscriptions, SUBSCRIPTION_COLUMNS, 'no subscriptions');
  },
});

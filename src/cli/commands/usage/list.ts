import { given, leaf } from '../../command.ts';
import { choice, text } from '../../flags.ts';
import { list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { PERIOD_FLAGS, readPeriod } from './period.ts';
import { USAGE_COLUMNS } from './usage-view.ts';

const OUTCOMES = ['completed', 'incomplete', 'client_gone', 'failed', 'refused'] as const;

export const listUsage = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list relayed requests, newest first',
  examples: ['realms usage list -o json', 'realms usage list --since 1h --outcome failed'],
  flags: {
    ...PERIOD_FLAGS,
    user: text('NAME', 'only of this user'),
    key: text('KEY', 'only with this key: its id or name'),
    model: text('MODEL', 'only for this model'),
    upstream: text('NAME', 'only by this upstream'),
    outcome: choice(OUTCOMES, 'only those that ended so'),
    ...PAGE_FLAGS,
  },
  run: async (context, { flags }) => {
    const { user, key, model, upstream, outcome } = flags;
    const query = {
      ...pageOf(flags),
      ...readPeriod(context, flags),
      ...given({ user, key, model, upstream, outcome }),
    };
    const { listUsage } = await import('../../../core/contract/index.ts');
    return list(await (await context.client()).call(listUsage, { query }), USAGE_COLUMNS, 'no requests');
  },
});

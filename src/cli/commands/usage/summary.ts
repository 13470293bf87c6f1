import { given, leaf } from '../../command.ts';
import { choice } from '../../flags.ts';
import { table } from '../../render/answer.ts';
import { PERIOD_FLAGS, readPeriod } from './period.ts';
import { SUMMARY_COLUMNS } from './usage-view.ts';

export const summariseUsage = leaf({
  name: 'summary',
  about: 'sum requests, tokens and cost',
  examples: ['realms usage summary --by user --since 7d', 'realms usage summary --by day'],
  flags: {
    by: choice(['model', 'user', 'key', 'upstream', 'day'] as const, 'one row for each; model unless given'),
    ...PERIOD_FLAGS,
  },
  run: async (context, { flags }) => {
    const query = { ...readPeriod(context, flags), ...given({ by: flags.by }) };
    const { summariseUsage } = await import('../../../core/contract/index.ts');
    const summary = await (await context.client()).call(summariseUsage, { query });
    return {
      data: summary,
      view: table(summary.items, SUMMARY_COLUMNS, 'no requests'),
      names: summary.items.map((row) => row.group ?? ''),
    };
  },
});

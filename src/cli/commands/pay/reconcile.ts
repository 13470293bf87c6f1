import { arg, given, leaf } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import { EXIT } from '../../exit-codes.ts';
import { choice, whole } from '../../flags.ts';
import { done, list, table } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { DIFFERENCE_COLUMNS, DIFFERENCE_STATES } from './pay-view.ts';

export const reconcilePayments = leaf({
  name: 'reconcile',
  about: 'ask every provider what was paid and refunded; ends with 1 while a difference is open',
  examples: ['realms pay reconcile', 'realms pay reconcile --days 30 -o json'],
  flags: { days: whole('N', 'how far back to look; 7 unless given') },
  run: async (context, { flags }) => {
    const { reconcilePayments } = await import('../../../core/contract/index.ts');
    const client = await context.client();
    const report = await client.call(reconcilePayments, { body: given({ days: flags.days }) }, { slow: true });
    const { ok, asked, listed, found, open, items } = report;
    return {
      data: report,
      view: table(items, DIFFERENCE_COLUMNS, 'nothing differs'),
      names: items.map(({ id }) => id),
      notes: [
        `${asked} payments asked about, ${listed} listed by providers, ${found} found that were missing here, ${open} differences open`,
        ...(ok ? [] : ['say why one is as it is with: realms pay explain <id> --reason "…"']),
      ],
      exit: ok ? EXIT.done : EXIT.failed,
    };
  },
});

export const listDifferences = leaf({
  name: 'differences',
  about: 'list what differs between the books and the providers, newest first',
  examples: ['realms pay differences --state open'],
  flags: { state: choice(DIFFERENCE_STATES, 'only these'), ...PAGE_FLAGS },
  run: async (context, { flags }) => {
    const { listDifferences } = await import('../../../core/contract/index.ts');
    const query = { ...pageOf(flags), ...given({ state: flags.state }) };
    return list(await (await context.client()).call(listDifferences, { query }), DIFFERENCE_COLUMNS, 'nothing differs');
  },
});

export const explainDifference = leaf({
  name: 'explain',
  about: 'say why a difference is as it is, so that it is not reported any more',
  examples: ['realms pay explain rec_01jd0 --reason "paid back at the gateway"'],
  args: { item: arg('id of the difference') },
  run: async (context, { args }) => {
    const note = context.flags.reason;
    if (note === undefined) throw wrongUsage('--reason is missing', 'why it is as it is');
    const { explainDifference } = await import('../../../core/contract/index.ts');
    const item = await (await context.client()).call(explainDifference, { params: args, body: { note } });
    return done(item, `the difference ${item.id} is ${item.state}`);
  },
});

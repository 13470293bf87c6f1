import { arg, branch, given, leaf } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import { readMoment } from '../../durations.ts';
import { text } from '../../flags.ts';
import { type Column, list } from '../../render/answer.ts';
import { instant } from '../../render/cells.ts';
import { type Price, showOne } from './model-view.ts';
import { PRICE_FLAGS, readPrices } from './price-flags.ts';

const set = leaf({
  name: 'set',
  about: 'set the prices of a model from now on; past requests keep theirs',
  examples: ['realms model price set gpt-x --input 1.25 --cached-input 0.125 --output 10'],
  args: { model: arg('public id or alias') },
  flags: { ...PRICE_FLAGS, from: text('WHEN', 'in force from then on: an instant, a date or 7d; now unless given') },
  run: async (context, { args, flags }) => {
    const prices = readPrices(flags);
    if (prices === undefined) throw wrongUsage('no price was given', 'give at least --input USD and --output USD');
    const from = flags.from && readMoment(flags.from, '--from', context.clock.now(), 'ahead');
    const { setModelPrice } = await import('../../../core/contract/index.ts');
    const body = { ...prices, ...given({ effective_from: from }) };
    return showOne(await (await context.client()).call(setModelPrice, { params: args, body }));
  },
});

const PRICE_COLUMNS: readonly Column<Price>[] = [
  { title: 'FROM', cell: (row) => instant(row.effective_from) },
  { title: 'IN/M', right: true, cell: (row) => `$${row.input}` },
  { title: 'CACHED/M', right: true, cell: (row) => `$${row.cached_input}` },
  { title: 'WRITE 5M/M', right: true, cell: (row) => `$${row.cache_write_5m}` },
  { title: 'WRITE 1H/M', right: true, cell: (row) => `$${row.cache_write_1h}` },
  { title: 'OUT/M', right: true, cell: (row) => `$${row.output}` },
  { title: 'PRIORITY', cell: (row) => (row.priority ? `$${row.priority.input}/$${row.priority.output}` : '-') },
  { title: 'LONG INPUT', cell: (row) => (row.high_context ? `above ${row.high_context.above_tokens}` : '-') },
];

const listPrices = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list every version of the prices of a model, newest first',
  examples: ['realms model price list gpt-x'],
  args: { model: arg('public id or alias') },
  run: async (context, { args }) => {
    const { listModelPrices } = await import('../../../core/contract/index.ts');
    const prices = await (await context.client()).call(listModelPrices, { params: args });
    return list(prices, PRICE_COLUMNS, `${args.model} has no price`);
  },
});

export const priceBranch = branch({ name: 'price', about: 'prices of a model', children: [set, listPrices] });

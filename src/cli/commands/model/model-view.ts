import type { ResponseOf, showModel } from '../../../core/contract/index.ts';
import { type Answer, type Column, type Field, item } from '../../render/answer.ts';
import { instant, onOff, orNone, usdOrNone, words } from '../../render/cells.ts';

export type Model = ResponseOf<typeof showModel>;
export type Price = NonNullable<Model['price']>;
type Rates = Pick<Price, 'input' | 'cached_input' | 'cache_write_5m' | 'cache_write_1h' | 'output'>;

export const MODEL_COLUMNS: readonly Column<Model>[] = [
  { title: 'MODEL', cell: (row) => row.id },
  { title: 'ENABLED', cell: (row) => onOff(row.enabled) },
  { title: 'IN/M', right: true, cell: (row) => usdOrNone(row.price?.input) },
  { title: 'CACHED/M', right: true, cell: (row) => usdOrNone(row.price?.cached_input) },
  { title: 'OUT/M', right: true, cell: (row) => usdOrNone(row.price?.output) },
  { title: 'UPSTREAMS', cell: (row) => words(row.bindings.map((binding) => binding.upstream)) },
  { title: 'ALIASES', cell: (row) => words(row.aliases) },
];

export function showOne(model: Model, notes: readonly string[] = []): Answer {
  const bindings = model.bindings.map(
    (binding) => `${binding.upstream} as ${binding.upstream_model}${binding.enabled ? '' : ' (off)'}`,
  );
  return item(
    model,
    [
      ['model', model.id],
      ['enabled', onOff(model.enabled)],
      ['upstreams', orNone(bindings.join('; '))],
      ['aliases', words(model.aliases)],
      ['owned by', orNone(model.owned_by)],
      ['output limit', orNone(model.max_output_tokens)],
      ['context', orNone(model.context_tokens)],
      ...priceFields(model.price),
      ['created', instant(model.created_at)],
    ],
    notes,
  );
}

/** Rates on one line: what a million tokens cost. */
export function tellRates(rates: Rates): string {
  const { input, cached_input, cache_write_5m, cache_write_1h, output } = rates;
  return `in $${input}, cached $${cached_input}, cache write $${cache_write_5m} (5m) $${cache_write_1h} (1h), out $${output}`;
}

function priceFields(price: Price | null): Field[] {
  if (price === null) return [['price', { text: 'none', tone: 'warn' }]];
  const high = price.high_context;
  return [
    ['price per million', tellRates(price)],
    ['priority tier', price.priority && tellRates(price.priority)],
    ['long input', high && `above ${high.above_tokens} tokens: ${tellRates(high)}`],
    ['in force since', instant(price.effective_from)],
  ];
}

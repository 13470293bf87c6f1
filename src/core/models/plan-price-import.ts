import type { MicrosPerMillion } from '../money.ts';
import { microsPerMillion } from './decimal-price.ts';
import type { Model, Price, Rates } from './model.ts';
import { isModelName, isTokenLimit } from './model-rules.ts';
import { decimalOf, type PriceEntry, readPriceDocument } from './price-document.ts';
import { completeRates, isSamePrice, type PriceTiers } from './rates.ts';

/** What an import would do with one model. */
export interface PlannedModel {
  readonly publicId: string;
  readonly ownedBy: string | null;
  readonly maxOutputTokens: number | null;
  readonly contextTokens: number | null;
  readonly price: PriceTiers;
  /** The price in force; null when the model is new or has none. */
  readonly before: Price | null;
}

/** Plain data: take models out of it before it is applied, if not all are wanted. */
export interface PriceImportPlan {
  readonly added: readonly PlannedModel[];
  readonly changed: readonly PlannedModel[];
  readonly unchanged: readonly PlannedModel[];
  readonly skipped: readonly { readonly model: string; readonly why: string }[];
}

const SAMPLE = 'sample_spec';
const HIGH_CONTEXT = /^(?:input|output)_cost_per_token_above_(\d{1,6})k_tokens$/;
const COLUMNS = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  cachedInput: 'cache_read_input_token_cost',
  cacheWrite5m: 'cache_creation_input_token_cost',
  cacheWrite1h: 'cache_creation_input_token_cost_above_1hr',
} as const satisfies Record<keyof Rates, string>;

/**
 * Compares a price list in LiteLLM's form (dollars for one token) with the models as they are. Changes nothing.
 * A model whose own limits are set keeps them; the list fills them in only where there are none.
 * @throws Failure invalid_input when the document is no such list.
 */
export function planPriceImport(document: unknown, current: readonly Model[]): PriceImportPlan {
  const models = new Map(current.map((model) => [model.publicId, model]));
  const aliases = new Set(current.flatMap((model) => model.aliases));
  const plan = { added: [] as PlannedModel[], changed: [] as PlannedModel[], unchanged: [] as PlannedModel[] };
  const skipped: { model: string; why: string }[] = [];
  for (const [publicId, entry] of readPriceDocument(document)) {
    if (publicId === SAMPLE) continue;
    const model = models.get(publicId);
    const read = aliases.has(publicId) ? 'is an alias here' : readEntry(publicId, entry, model);
    if (typeof read === 'string') skipped.push({ model: publicId.slice(0, 200), why: read });
    else if (!model) plan.added.push(read);
    else (isNews(read, model) ? plan.changed : plan.unchanged).push(read);
  }
  return { ...plan, skipped };
}

/** The planned model, or why it is skipped. */
function readEntry(publicId: string, entry: PriceEntry, model: Model | undefined): PlannedModel | string {
  if (!isModelName(publicId)) return 'cannot be a model name';
  const price = readTiers(entry);
  if (typeof price === 'string') return price;
  const owner = entry['litellm_provider'];
  return {
    publicId,
    ownedBy: typeof owner === 'string' && isModelName(owner) ? owner.slice(0, 100) : null,
    maxOutputTokens: tokenLimit(entry['max_output_tokens']) ?? tokenLimit(entry['max_tokens']),
    contextTokens: tokenLimit(entry['max_input_tokens']),
    price,
    before: model?.price ?? null,
  };
}

function readTiers(entry: PriceEntry): PriceTiers | string {
  const standard = readRates(entry, '');
  if (typeof standard === 'string') return standard;
  if (!standard) return 'has no price for tokens';
  const priority = readRates(entry, '_priority', standard);
  if (typeof priority === 'string') return priority;
  const thresholds = highContextThresholds(entry);
  const [threshold] = thresholds;
  if (thresholds.length > 1) return `has ${thresholds.length} high-context tiers, and only one can be kept`;
  if (threshold === undefined) return { standard, priority, highContext: null };
  const rates = readRates(entry, `_above_${threshold}k_tokens`, standard);
  if (typeof rates === 'string') return rates;
  return { standard, priority, highContext: rates && { aboveTokens: threshold * 1_000, rates } };
}

/** One tier; null when the entry says nothing about it. What only input or output costs more keeps the other's rate. */
function readRates(entry: PriceEntry, suffix: string, standard?: Rates): Rates | null | string {
  const given: Partial<Record<keyof Rates, MicrosPerMillion>> = {};
  for (const [rate, column] of Object.entries(COLUMNS) as [keyof Rates, string][]) {
    const value = entry[column + suffix] ?? null;
    if (value === null) continue;
    const micros = microsPerMillion(decimalOf(value) ?? '');
    if (micros === undefined) return `${column}${suffix} is not a price`;
    given[rate] = micros;
  }
  if (Object.keys(given).length === 0) return null;
  const { input = standard?.input, output = standard?.output } = given;
  if (input === undefined) return `has no ${COLUMNS.input}${suffix}`;
  if (output === undefined) return `has no ${COLUMNS.output}${suffix}`;
  return completeRates({ ...given, input, output });
}

function highContextThresholds(entry: PriceEntry): number[] {
  const found = Object.keys(entry).flatMap((column) => {
    const [, thousands] = HIGH_CONTEXT.exec(column) ?? [];
    return thousands === undefined || entry[column] === null ? [] : [Number(thousands)];
  });
  return [...new Set(found)];
}

function tokenLimit(value: unknown): number | null {
  const limit = Number(decimalOf(value) ?? Number.NaN);
  return isTokenLimit(limit) ? limit : null;
}

function isNews(planned: PlannedModel, model: Model): boolean {
  const fillsLimit =
    (model.maxOutputTokens === null && planned.maxOutputTokens !== null) ||
    (model.contextTokens === null && planned.contextTokens !== null);
  return fillsLimit || !isSamePrice(planned.price, model.price);
}

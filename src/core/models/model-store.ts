import type { Knex } from 'knex';
import type { Ctx } from '../database/index.ts';
import { groupBy } from '../group-by.ts';
import type { ModelId, UpstreamId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { REFS_MAX, type Ref } from '../pick-by-ref.ts';
import { epochMs } from '../time.ts';
import type { Binding, Model, Price } from './model.ts';
import { priceInForce } from './price-history.ts';
import { readPrices } from './price-store.ts';

interface ModelRow {
  readonly id: ModelId;
  readonly public_id: string;
  readonly enabled: number;
  readonly owned_by: string;
  readonly max_output_tokens: number | null;
  readonly context_tokens: number | null;
  readonly created_at: number;
}

interface BindingRow {
  readonly model_id: ModelId;
  readonly upstream_id: UpstreamId;
  readonly upstream_model: string;
  readonly enabled: number;
}

interface AliasRow {
  readonly alias: string;
  readonly model_id: ModelId;
}

/** A model without what other tables hold. */
export type BareModel = Omit<Model, 'aliases' | 'bindings' | 'price'>;

const CHUNK = 100;

/** Passes over public ids that are taken; gives the ids of the models that were not. */
export async function insertModels(ctx: Ctx, models: readonly BareModel[]): Promise<ModelId[]> {
  const done: { id: ModelId }[] = [];
  for (let start = 0; start < models.length; start += CHUNK) {
    const rows = models.slice(start, start + CHUNK).map(toRow);
    done.push(...(await ctx.db('managed_models').insert(rows).onConflict('public_id').ignore().returning('id')));
  }
  return done.map((row) => row.id);
}

export async function updateModel(ctx: Ctx, model: BareModel): Promise<void> {
  await ctx.db('managed_models').where({ id: model.id }).update(toRow(model));
}

export async function deleteModel(ctx: Ctx, id: ModelId): Promise<boolean> {
  return (await ctx.db('managed_models').where({ id }).delete()) > 0;
}

export async function readModel(ctx: Ctx, id: string): Promise<Model | undefined> {
  const rows: ModelRow[] = await ctx.db('managed_models').where({ id });
  return (await complete(ctx, rows, true)).models[0];
}

export async function readModelPage(ctx: Ctx, { limit, after }: PageRequest): Promise<Page<Model>> {
  const query = ctx
    .db('managed_models')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (after !== undefined) query.where('id', '<', after);
  const rows: ModelRow[] = await query;
  return cutPage((await complete(ctx, rows, true)).models, limit);
}

/** Every model, with all versions of its prices, the latest first. */
export async function readAllModels(
  ctx: Ctx,
): Promise<{ readonly models: Model[]; readonly prices: ReadonlyMap<ModelId, readonly Price[]> }> {
  const rows: ModelRow[] = await ctx.db('managed_models').orderBy('id');
  return await complete(ctx, rows, false);
}

/** Public ids and aliases that `ref` could mean: exact ones, else all of them for prefixes and suggestions. */
export async function readModelRefs(ctx: Ctx, ref: string): Promise<Ref[]> {
  const models = () => ctx.db('managed_models').select('id', 'public_id as name').limit(REFS_MAX);
  const aliases = () => ctx.db('model_aliases').select('model_id as id', 'alias as name').limit(REFS_MAX);
  const exactModels: Ref[] = await models().where({ id: ref }).orWhere({ public_id: ref });
  const exactAliases: Ref[] = await aliases().where({ alias: ref });
  const exact = [...exactModels, ...exactAliases];
  return exact.length > 0 ? exact : [...(await models()), ...(await aliases())];
}

export async function readAliases(ctx: Ctx): Promise<AliasRow[]> {
  return await ctx.db('model_aliases').select('alias', 'model_id');
}

export async function readModelNames(ctx: Ctx): Promise<{ readonly id: ModelId; readonly publicId: string }[]> {
  return await ctx.db('managed_models').select('id', 'public_id as publicId');
}

/** False when the alias is taken. */
export async function insertAlias(ctx: Ctx, modelId: ModelId, alias: string): Promise<boolean> {
  const insert = ctx.db('model_aliases').insert({ alias, model_id: modelId });
  const done: unknown[] = await insert.onConflict('alias').ignore().returning('alias');
  return done.length > 0;
}

export async function deleteAlias(ctx: Ctx, alias: string): Promise<boolean> {
  return (await ctx.db('model_aliases').where({ alias }).delete()) > 0;
}

export async function writeBinding(ctx: Ctx, modelId: ModelId, binding: Binding): Promise<void> {
  const { upstreamId, upstreamModel, enabled } = binding;
  const row: BindingRow = {
    model_id: modelId,
    upstream_id: upstreamId,
    upstream_model: upstreamModel,
    enabled: Number(enabled),
  };
  await ctx.db('channel_models').insert(row).onConflict(['model_id', 'upstream_id']).merge();
}

export async function deleteBinding(ctx: Ctx, modelId: ModelId, upstreamId: UpstreamId): Promise<boolean> {
  return (await ctx.db('channel_models').where({ model_id: modelId, upstream_id: upstreamId }).delete()) > 0;
}

/** Adds what the other tables hold. `onlyThese` spares reading them whole. */
async function complete(ctx: Ctx, rows: readonly ModelRow[], onlyThese: boolean) {
  const ids = onlyThese ? rows.map((row) => row.id) : undefined;
  const aliases: AliasRow[] = await ofModels(ctx.db('model_aliases'), ids);
  const bindings: BindingRow[] = await ofModels(ctx.db('channel_models').orderBy('upstream_id'), ids);
  const aliasesOf = groupBy(aliases, (row) => row.model_id);
  const bindingsOf = groupBy(bindings, (row) => row.model_id);
  const prices = groupBy(await readPrices(ctx, ids), (price) => price.modelId);
  const now = ctx.clock.now();
  const models = rows.map((row) => ({
    ...fromRow(row),
    aliases: (aliasesOf.get(row.id) ?? []).map(({ alias }) => alias).sort(),
    bindings: (bindingsOf.get(row.id) ?? []).map(toBinding),
    price: priceInForce(prices.get(row.id) ?? [], now),
  }));
  return { models, prices };
}

function ofModels(query: Knex.QueryBuilder, ids: readonly ModelId[] | undefined): Knex.QueryBuilder {
  return ids ? query.whereIn('model_id', ids) : query;
}

function toRow(model: BareModel): ModelRow {
  return {
    id: model.id,
    public_id: model.publicId,
    enabled: Number(model.enabled),
    owned_by: model.ownedBy,
    max_output_tokens: model.maxOutputTokens,
    context_tokens: model.contextTokens,
    created_at: model.createdAt,
  };
}

function fromRow(row: ModelRow): BareModel {
  return {
    id: row.id,
    publicId: row.public_id,
    enabled: row.enabled === 1,
    ownedBy: row.owned_by,
    maxOutputTokens: row.max_output_tokens,
    contextTokens: row.context_tokens,
    createdAt: epochMs(row.created_at),
  };
}

function toBinding(row: BindingRow): Binding {
  return { upstreamId: row.upstream_id, upstreamModel: row.upstream_model, enabled: row.enabled === 1 };
}

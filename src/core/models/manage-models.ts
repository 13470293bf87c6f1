import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { type ModelId, newId } from '../ids.ts';
import { nameTaken } from '../name.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Patch } from '../patch.ts';
import { notFound, pickByRef } from '../pick-by-ref.ts';
import type { Model } from './model.ts';
import { checkModelFacts, type ModelFacts } from './model-rules.ts';
import {
  deleteModel,
  insertModels,
  readAliases,
  readModel,
  readModelNames,
  readModelPage,
  readModelRefs,
  updateModel,
} from './model-store.ts';

export type NewModel = Patch<Omit<ModelFacts, 'publicId'>> & { readonly publicId: string };
export type ModelPatch = Patch<ModelFacts>;

export const OWNED_BY_DEFAULT = 'realms';

/** @throws Failure invalid_input; already_exists when a model or an alias has the name. */
export async function addModel(ctx: Ctx, input: NewModel): Promise<Model> {
  const now = ctx.clock.now();
  const model: Model = checkModelFacts({
    id: newId('mdl', now, ctx.random),
    publicId: input.publicId,
    enabled: input.enabled ?? true,
    ownedBy: input.ownedBy ?? OWNED_BY_DEFAULT,
    maxOutputTokens: input.maxOutputTokens ?? null,
    contextTokens: input.contextTokens ?? null,
    createdAt: now,
    aliases: [],
    bindings: [],
    price: null,
  });
  return await inChange(ctx, 'models', async (tx) => {
    await requireFreeName(tx, model.publicId);
    await insertModels(tx, [model]);
    return model;
  });
}

/** @throws Failure not_found, invalid_input; already_exists when a model or an alias has the new name. */
export async function editModel(ctx: Ctx, id: ModelId, patch: ModelPatch): Promise<Model> {
  return await inChange(ctx, 'models', async (tx) => {
    const before = await requireModel(tx, id);
    const after: Model = checkModelFacts({
      ...before,
      publicId: patch.publicId ?? before.publicId,
      enabled: patch.enabled ?? before.enabled,
      ownedBy: patch.ownedBy ?? before.ownedBy,
      maxOutputTokens: patch.maxOutputTokens === undefined ? before.maxOutputTokens : patch.maxOutputTokens,
      contextTokens: patch.contextTokens === undefined ? before.contextTokens : patch.contextTokens,
    });
    if (after.publicId !== before.publicId) await requireFreeName(tx, after.publicId);
    await updateModel(tx, after);
    return after;
  });
}

/** Removes the model with its aliases, bindings and prices; usage events keep what they cost. @throws Failure not_found */
export async function removeModel(ctx: Ctx, id: ModelId): Promise<void> {
  await inChange(ctx, 'models', async (tx) => {
    if (!(await deleteModel(tx, id))) throw notFound('model', id);
  });
}

/**
 * Finds a model by id, unique beginning of an id, public id, or alias.
 * @throws Failure not_found with the nearest name; invalid_input when ambiguous.
 */
export async function findModel(ctx: Ctx, ref: string): Promise<Model> {
  const { id } = pickByRef('model', ref, await readModelRefs(ctx, ref));
  return await requireModel(ctx, id);
}

/** Newest first. */
export async function listModels(ctx: Ctx, page: PageRequest): Promise<Page<Model>> {
  return await readModelPage(ctx, page);
}

/** @throws Failure not_found */
export async function requireModel(ctx: Ctx, id: string): Promise<Model> {
  const model = await readModel(ctx, id);
  if (!model) throw notFound('model', id);
  return model;
}

/**
 * Public ids and aliases are one name space, which no key of the database can say; the change mark keeps writers apart.
 * @throws Failure already_exists
 */
export async function requireFreeName(tx: Ctx, name: string): Promise<void> {
  if ((await readModelNames(tx)).some((model) => model.publicId === name)) throw nameTaken('model', name);
  if (!(await readAliases(tx)).some((row) => row.alias === name)) return;
  throw new Failure('already_exists', {
    message: `"${name}" is an alias already`,
    hint: 'remove the alias first',
    param: 'name',
  });
}

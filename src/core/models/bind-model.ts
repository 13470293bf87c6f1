import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import type { ModelId, UpstreamId } from '../ids.ts';
import { notFound } from '../pick-by-ref.ts';
import { requireFreeName, requireModel } from './manage-models.ts';
import type { Model } from './model.ts';
import { checkModelName } from './model-rules.ts';
import { deleteAlias, deleteBinding, insertAlias, readAliases, writeBinding } from './model-store.ts';

const ALIASES_MAX = 100;

export interface BindingInput {
  readonly upstreamId: UpstreamId;
  /** The public id unless said. */
  readonly upstreamModel?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/** Says that an upstream has the model, and under which name; a second time it changes what was said. @throws Failure not_found, invalid_input */
export async function bindModel(ctx: Ctx, modelId: ModelId, input: BindingInput): Promise<Model> {
  return await inChange(ctx, 'models', async (tx) => {
    const model = await requireModel(tx, modelId);
    await writeBinding(tx, modelId, {
      upstreamId: input.upstreamId,
      upstreamModel: checkModelName(input.upstreamModel ?? model.publicId, 'upstream_model'),
      enabled: input.enabled ?? true,
    });
    return await requireModel(tx, modelId);
  });
}

/** @throws Failure not_found when there is no such binding. */
export async function unbindModel(ctx: Ctx, modelId: ModelId, upstreamId: UpstreamId): Promise<Model> {
  return await inChange(ctx, 'models', async (tx) => {
    if (!(await deleteBinding(tx, modelId, upstreamId))) throw notFound('binding', `${modelId} → ${upstreamId}`);
    return await requireModel(tx, modelId);
  });
}

/** Another name for the model. @throws Failure not_found, invalid_input; already_exists when a model or an alias has it. */
export async function addAlias(ctx: Ctx, modelId: ModelId, alias: string): Promise<Model> {
  checkModelName(alias, 'alias');
  return await inChange(ctx, 'models', async (tx) => {
    const model = await requireModel(tx, modelId);
    if (model.aliases.length >= ALIASES_MAX) {
      throw new Failure('invalid_input', `a model has at most ${ALIASES_MAX} aliases`);
    }
    await requireFreeName(tx, alias);
    await insertAlias(tx, modelId, alias);
    return await requireModel(tx, modelId);
  });
}

/** @throws Failure not_found with the nearest alias. */
export async function removeAlias(ctx: Ctx, alias: string): Promise<void> {
  await inChange(ctx, 'models', async (tx) => {
    if (await deleteAlias(tx, alias)) return;
    const aliases = await readAliases(tx);
    throw notFound(
      'alias',
      alias,
      aliases.map((row) => row.alias),
    );
  });
}

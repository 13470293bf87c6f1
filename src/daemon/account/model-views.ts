import type { Model } from '../../core/models/index.ts';
import { toRfc3339 } from '../../core/time.ts';

/** One model as the clients of an API list it. */
export type ModelView = (model: Model, id?: string) => object;

export const openaiModel: ModelView = (model, id = model.publicId) => ({
  id,
  object: 'model',
  created: Math.floor(model.createdAt / 1000),
  owned_by: model.ownedBy,
});

/** https://docs.anthropic.com/en/api/models-list */
export const anthropicModel: ModelView = (model, id = model.publicId) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: toRfc3339(model.createdAt),
});

/** https://ai.google.dev/api/models */
export const geminiModel: ModelView = (model, id = model.publicId) => ({
  name: `models/${id}`,
  displayName: id,
  supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
  ...(model.maxOutputTokens === null ? {} : { outputTokenLimit: model.maxOutputTokens }),
});

import type { Model } from '../../core/models/index.ts';
import type { AccountAnswer, AccountInput, AccountRoute } from './account-route.ts';
import { json, refused } from './answers.ts';
import { withKey } from './require-user.ts';

export const modelRoutes: readonly AccountRoute[] = [
  { method: 'GET', path: '/v1/models', owner: 'models', answer: listModels },
  { method: 'GET', path: '/v1/models/*', owner: 'models', answer: showModel },
  { method: 'GET', path: '/models', owner: 'models', answer: listModels },
];

function listModels(input: AccountInput): Promise<AccountAnswer> {
  return withReachable(input, (models) => json(200, { object: 'list', data: models.map(modelView) }));
}

function showModel(input: AccountInput): Promise<AccountAnswer> {
  const id = input.params['*'] ?? '';
  return withReachable(input, (models) => {
    const model = models.find(({ publicId, aliases }) => publicId === id || aliases.includes(id));
    if (model) return json(200, { ...modelView(model), id });
    return refused({
      status: 404,
      code: 'model_not_found',
      type: 'invalid_request_error',
      message: `The model "${id.slice(0, 200)}" does not exist here or is not open to this key.`,
      param: 'model',
      mayRetry: false,
    });
  });
}

/** Models that the presented key can use now; without a valid key, why not. */
function withReachable(
  input: AccountInput,
  answer: (models: readonly Model[]) => AccountAnswer,
): Promise<AccountAnswer> {
  return withKey(input, ({ key }) => answer(input.house.live.state.routes.reachable(key)));
}

function modelView(model: Model): object {
  return {
    id: model.publicId,
    object: 'model',
    created: Math.floor(model.createdAt / 1000),
    owned_by: model.ownedBy,
  };
}

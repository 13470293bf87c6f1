import type { Model } from '../../core/models/index.ts';
import type { AccountAnswer, AccountInput, AccountRoute } from './account-route.ts';
import { json, refused } from './answers.ts';
import { anthropicModel, geminiModel, openaiModel } from './model-views.ts';
import { withKey } from './require-user.ts';

export const modelRoutes: readonly AccountRoute[] = [
  { method: 'GET', path: '/v1/models', owner: 'models', answer: listModels },
  { method: 'GET', path: '/v1/models/*', owner: 'models', answer: showModel },
  { method: 'GET', path: '/models', owner: 'models', answer: listModels },
  { method: 'GET', path: '/v1beta/models', owner: 'models', answer: listGeminiModels },
  { method: 'GET', path: '/v1beta/models/*', owner: 'models', answer: showGeminiModel },
];

function listModels(input: AccountInput): Promise<AccountAnswer> {
  return withReachable(input, (models) =>
    json(
      200,
      isAnthropic(input) ? anthropicList(models) : { object: 'list', data: models.map((one) => openaiModel(one)) },
    ),
  );
}

function showModel(input: AccountInput): Promise<AccountAnswer> {
  return withModel(input, isAnthropic(input) ? anthropicModel : openaiModel);
}

function listGeminiModels(input: AccountInput): Promise<AccountAnswer> {
  return withReachable(input, (models) => json(200, { models: models.map((one) => geminiModel(one)) }));
}

function showGeminiModel(input: AccountInput): Promise<AccountAnswer> {
  return withModel(input, geminiModel);
}

/** Both APIs have the same path; every client of Anthropic's says its version. */
function isAnthropic({ req }: AccountInput): boolean {
  return req.headers['anthropic-version'] !== undefined;
}

/** All on one page: a relay has tens of models, not thousands. */
function anthropicList(models: readonly Model[]): object {
  const data = models.map((one) => anthropicModel(one));
  return { data, has_more: false, first_id: models[0]?.publicId ?? null, last_id: models.at(-1)?.publicId ?? null };
}

function withModel(input: AccountInput, view: typeof openaiModel): Promise<AccountAnswer> {
  const id = input.params['*'] ?? '';
  return withReachable(input, (models) => {
    const model = models.find(({ publicId, aliases }) => publicId === id || aliases.includes(id));
    if (model) return json(200, view(model, id));
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

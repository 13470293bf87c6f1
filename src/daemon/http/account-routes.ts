import type { IncomingMessage } from 'node:http';
import type { Feature } from '../../core/features/index.ts';
import type { Model } from '../../core/models/index.ts';
import { authenticate, clientAddress, type Refusal, type RelayHouse, readIncoming } from '../relay/index.ts';

/** An answer that is not relayed. */
export type AccountAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface AccountRoute {
  readonly method: 'GET';
  readonly path: string;
  readonly owner: Feature | 'core';
  answer(input: AccountInput): AccountAnswer | Promise<AccountAnswer>;
}

export interface AccountInput {
  readonly house: RelayHouse;
  readonly req: IncomingMessage;
  readonly params: Readonly<Record<string, string>>;
  /** True once the daemon takes no new work. */
  readonly isDraining: boolean;
}

/** What the public listener answers itself. */
export const ACCOUNT_ROUTES: readonly AccountRoute[] = [
  { method: 'GET', path: '/healthz', owner: 'core', answer: () => json(200, { status: 'ok' }) },
  { method: 'GET', path: '/readyz', owner: 'core', answer: readiness },
  { method: 'GET', path: '/v1/models', owner: 'models', answer: listModels },
  { method: 'GET', path: '/v1/models/*', owner: 'models', answer: showModel },
  { method: 'GET', path: '/models', owner: 'models', answer: listModels },
];

async function readiness({ house, isDraining }: AccountInput): Promise<AccountAnswer> {
  if (isDraining) return json(503, { status: 'unavailable', detail: 'stopping' });
  try {
    await house.ctx.db.raw('select 1');
    return json(200, { status: 'ok' });
  } catch {
    return json(503, { status: 'unavailable', detail: 'the database does not answer' });
  }
}

function listModels(input: AccountInput): AccountAnswer {
  return withReachable(input, (models) => json(200, { object: 'list', data: models.map(modelView) }));
}

function showModel(input: AccountInput): AccountAnswer {
  const id = input.params['*'] ?? '';
  return withReachable(input, (models) => {
    const model = models.find(({ publicId, aliases }) => publicId === id || aliases.includes(id));
    if (model) return json(200, { ...modelView(model), id });
    return {
      kind: 'refused',
      refusal: {
        status: 404,
        code: 'model_not_found',
        type: 'invalid_request_error',
        message: `The model "${id.slice(0, 200)}" does not exist here or is not open to this key.`,
        param: 'model',
        mayRetry: false,
      },
    };
  });
}

/** Models that the presented key can use now; without a valid key, why not. */
function withReachable(input: AccountInput, answer: (models: readonly Model[]) => AccountAnswer): AccountAnswer {
  const { house, req } = input;
  const { identity, routes, settings } = house.live.state;
  const ip = clientAddress(req, settings.effective['server.trusted_proxies']);
  const incoming = readIncoming(req, { upstreamPath: '', objectId: null }, ip);
  const authenticated = authenticate(incoming, identity, house.ctx.clock.now());
  if (authenticated.kind === 'refused') return { kind: 'refused', refusal: authenticated.refusal };
  return answer(routes.reachable(authenticated.caller.key));
}

function modelView(model: Model): object {
  return {
    id: model.publicId,
    object: 'model',
    created: Math.floor(model.createdAt / 1000),
    owned_by: model.ownedBy,
  };
}

function json(status: number, value: unknown): AccountAnswer {
  return { kind: 'json', status, value };
}

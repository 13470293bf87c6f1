import { isAmong } from '../../core/glob.ts';
import type { ApiKey } from '../../core/identity/index.ts';
import type { Catalog, Model } from '../../core/models/index.ts';
import { type Candidate, listCandidates } from '../../core/scheduling/index.ts';
import type { Topology } from '../../core/upstreams/index.ts';
import type { Refusal } from './refusal.ts';

/** What a request's model means: where it can be had, and whose price it has. */
export interface ModelRoute {
  readonly asked: string;
  readonly resolved: string;
  readonly via: 'id' | 'alias' | 'passthrough';
  readonly reach: Reach;
  /** For prices and caps; null in passthrough when the model is not in the catalog. */
  readonly model: Model | null;
}

/** Where a model can be had by a key, and what that says about its price. */
export interface Reach {
  readonly candidates: readonly Candidate[];
  /** The groups of the candidates, each once; null for those that were reached without one. */
  readonly groups: readonly (string | null)[];
  readonly multiplierMinPpm: number;
  readonly multiplierMaxPpm: number;
}

export function reachOf(candidates: readonly Candidate[]): Reach {
  const multipliers = candidates.map(({ multiplierPpm }) => multiplierPpm);
  return {
    candidates,
    groups: [...new Set(candidates.map(({ groupName }) => groupName))],
    multiplierMinPpm: multipliers.length === 0 ? MULTIPLIER_ONE_PPM : Math.min(...multipliers),
    multiplierMaxPpm: multipliers.length === 0 ? MULTIPLIER_ONE_PPM : Math.max(...multipliers),
  };
}

const MULTIPLIER_ONE_PPM = 1_000_000;

export type ResolveAnswer =
  | { readonly kind: 'route'; readonly route: ModelRoute }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

const REMEMBERED_MAX = 10_000;

/**
 * Resolves models against one state of catalog and topology. A new table is made whenever either changes, so what is
 * remembered here never goes stale.
 */
export class RouteTable {
  readonly #catalog: Catalog;
  readonly #topology: Topology;
  readonly #passthrough: boolean;
  readonly #remembered = new Map<string, Reach>();

  constructor(catalog: Catalog, topology: Topology, passthrough: boolean) {
    this.#catalog = catalog;
    this.#topology = topology;
    this.#passthrough = passthrough;
  }

  resolve(asked: string, key: ApiKey): ResolveAnswer {
    const known = this.#catalog.modelByName.get(asked);
    if (this.#passthrough) return this.#passThrough(asked, key, known ?? null);
    if (!known?.enabled) return notFound(asked);
    if (!isAmong(key.allowedModels, known.publicId) && !isAmong(key.allowedModels, asked)) {
      return notAllowed(asked, key);
    }
    const route: ModelRoute = {
      asked,
      resolved: known.publicId,
      via: asked === known.publicId ? 'id' : 'alias',
      reach: this.#reach(known.publicId, known, key.groups),
      model: known,
    };
    return { kind: 'route', route };
  }

  /** Every credential of every upstream, whatever the key's groups: for objects that live at one of them. */
  everyCandidate(): Reach {
    return this.#reach('', null, []);
  }

  /** Public ids that a key can use now, in the catalog's order. */
  reachable(key: ApiKey): readonly Model[] {
    return this.#catalog.models.filter(
      (model) =>
        model.enabled &&
        isAmong(key.allowedModels, model.publicId) &&
        this.#reach(model.publicId, model, key.groups).candidates.length > 0,
    );
  }

  #passThrough(asked: string, key: ApiKey, priced: Model | null): ResolveAnswer {
    if (!isAmong(key.allowedModels, asked)) return notAllowed(asked, key);
    const reach = this.#reach(asked, null, key.groups);
    // An alias is not rewritten in passthrough, so only a model of exactly this name lends its price.
    const model = priced?.publicId === asked ? priced : null;
    return { kind: 'route', route: { asked, resolved: asked, via: 'passthrough', reach, model } };
  }

  #reach(name: string, model: Model | null, ladder: readonly string[]): Reach {
    const key = `${ladder.join('\u0001')}\u0000${name}`;
    const remembered = this.#remembered.get(key);
    if (remembered) return remembered;
    const how = model ? { kind: 'bound' as const, bindings: model.bindings } : { kind: 'any' as const, model: name };
    const reach = reachOf(listCandidates(this.#topology, how, ladder));
    // Passthrough takes any name that a client invents, so the memory is bounded.
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
    this.#remembered.set(key, reach);
    return reach;
  }
}

function notFound(asked: string): ResolveAnswer {
  return {
    kind: 'refused',
    refusal: {
      status: 404,
      code: 'model_not_found',
      type: 'invalid_request_error',
      message: `The model "${asked}" does not exist here or is not enabled.`,
      param: 'model',
      mayRetry: false,
    },
  };
}

function notAllowed(asked: string, key: ApiKey): ResolveAnswer {
  return {
    kind: 'refused',
    refusal: {
      status: 403,
      code: 'model_not_allowed',
      type: 'permission_error',
      message: `The key "${key.name}" may not use the model "${asked}".`,
      param: 'model',
      mayRetry: false,
    },
  };
}

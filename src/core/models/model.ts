import type { ModelId, PriceId, UpstreamId } from '../ids.ts';
import type { MicrosPerMillion } from '../money.ts';
import type { EpochMs } from '../time.ts';

/** A public model id. */
export interface Model {
  readonly id: ModelId;
  /** What clients write in `model`. */
  readonly publicId: string;
  readonly enabled: boolean;
  readonly ownedBy: string;
  readonly maxOutputTokens: number | null;
  readonly contextTokens: number | null;
  readonly aliases: readonly string[];
  readonly bindings: readonly Binding[];
  /** The version in force now; null when the model has no price yet. */
  readonly price: Price | null;
  readonly createdAt: EpochMs;
}

/** Where a model can be had, and under which name. */
export interface Binding {
  readonly upstreamId: UpstreamId;
  readonly upstreamModel: string;
  readonly enabled: boolean;
}

/** Rates of one tier. */
export interface Rates {
  readonly input: MicrosPerMillion;
  readonly cachedInput: MicrosPerMillion;
  readonly cacheWrite5m: MicrosPerMillion;
  readonly cacheWrite1h: MicrosPerMillion;
  readonly output: MicrosPerMillion;
}

/** One version of a model's prices; versions are never changed, only followed by the next. */
export interface Price {
  readonly id: PriceId;
  readonly modelId: ModelId;
  readonly effectiveFrom: EpochMs;
  readonly standard: Rates;
  /** For answers served with `service_tier: priority`. */
  readonly priority: Rates | null;
  /** For requests whose input is strictly longer than `aboveTokens`; the whole request is priced so. */
  readonly highContext: { readonly aboveTokens: number; readonly rates: Rates } | null;
}

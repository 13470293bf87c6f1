import type { RateLimits } from '../identity/index.ts';
import type { PlanId, PlanVersionId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { DAY_MS, type EpochMs, HOUR_MS } from '../time.ts';
import type { Duration } from './duration.ts';

export const PLAN_STATES = ['active', 'archived'] as const;
/** An archived plan is neither sold nor granted; who has it keeps it. */
export type PlanState = (typeof PLAN_STATES)[number];

export const WINDOW_SPANS = ['5h', '1d', '7d', '30d'] as const;
export type WindowSpan = (typeof WINDOW_SPANS)[number];
export const WINDOW_MS: Readonly<Record<WindowSpan, number>> = {
  '5h': 5 * HOUR_MS,
  '1d': DAY_MS,
  '7d': 7 * DAY_MS,
  '30d': 30 * DAY_MS,
};

export const ON_REPURCHASE = ['extend', 'stack', 'queue'] as const;
/** What buying a plan once more does: longer, a second one at once, or a second one when the last has ended. */
export type OnRepurchase = (typeof ON_REPURCHASE)[number];

/** What a plan costs and gives. */
export interface PlanTerms {
  /** For people. */
  readonly name: string;
  /** In the currency's smallest unit. */
  readonly priceMinor: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  readonly duration: Duration;
  /** What may be used in each window; null: unlimited. */
  readonly windowLimits: Readonly<Record<WindowSpan, UsdMicros | null>>;
  /** Factor on the list price for requests that this plan pays. */
  readonly multiplierPpm: number;
  /** Names of the groups that it opens; empty: every upstream. */
  readonly groups: readonly string[];
  /** Models or globs that it opens; empty: all. */
  readonly models: readonly string[];
  /** Null: unlimited. */
  readonly limits: RateLimits;
  /** Whether the balance pays on when a window is exhausted. */
  readonly allowsOverage: boolean;
  readonly onRepurchase: OnRepurchase;
  /** Renewed by the payment provider where that can. */
  readonly renews: boolean;
}

/** Terms as they were sold at some time; never changed afterwards. */
export interface PlanVersion extends PlanTerms {
  readonly id: PlanVersionId;
  readonly planId: PlanId;
  /** 1, 2, … within the plan. */
  readonly version: number;
  readonly createdAt: EpochMs;
}

export interface Plan {
  readonly id: PlanId;
  /** Unique; what operators and buyers call it. */
  readonly code: string;
  readonly state: PlanState;
  readonly createdAt: EpochMs;
  /** The one that is sold now. */
  readonly version: PlanVersion;
}

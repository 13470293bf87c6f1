import type { Ctx, Database } from '../../database/index.ts';
import { createUser } from '../../identity/index.ts';
import type { RequestId, SubscriptionId, UserId } from '../../ids.ts';
import type { UsdMicros } from '../../money.ts';
import { createPlan, type NewPlan, type Plan, type PlanVersion, type WindowSpan } from '../../plans/index.ts';
import { type TestCtx, testCtx, testDatabase } from '../../testing/test-database.ts';
import { type EpochMs, epochMs } from '../../time.ts';
import {
  CHARGE_TABLE,
  chargeRow,
  type GrantAnswer,
  grantSubscription,
  readWindows,
  SUBSCRIPTION_CHECKS,
} from '../index.ts';

/** Alice, and whatever plans a test sells her. */
export interface Shop {
  readonly database: Database;
  readonly ctx: TestCtx;
  readonly alice: UserId;
  sell(plan?: Partial<NewPlan>): Promise<Plan>;
  grant(version: PlanVersion, source: string, at?: EpochMs): Promise<GrantAnswer>;
  /** Moves the clock to an instant such as `2026-01-31T12:00:00Z`. */
  goTo(instant: string): EpochMs;
  charge(...charges: readonly TestCharge[]): Promise<void>;
  /** Used and limit of each window by its span. */
  used(id: SubscriptionId): Promise<Record<string, number>>;
  /** What `SUBSCRIPTION_CHECKS` find. */
  violations(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface TestCharge {
  readonly id: string;
  readonly subscriptionId: SubscriptionId;
  readonly usdMicros: number;
  /** Now unless said. */
  readonly at?: EpochMs;
}

export async function openShop(): Promise<Shop> {
  const database = await testDatabase();
  const ctx = testCtx(database);
  const { id: alice } = await createUser(ctx, { name: 'alice' });
  let plans = 0;
  return {
    database,
    ctx,
    alice,
    sell: (plan = {}) => createPlan(ctx, { code: `plan-${++plans}`, priceMinor: 2_000, currency: 'USD', ...plan }),
    grant: (version, source, at = ctx.clock.now()) =>
      grantSubscription(ctx, { userId: alice, planVersionId: version.id, source, at }),
    goTo(instant) {
      ctx.clock.advance(Date.parse(instant) - ctx.clock.now());
      return ctx.clock.now();
    },
    async charge(...charges) {
      const rows = charges.map(({ id, subscriptionId, usdMicros, at }) =>
        chargeRow({
          requestId: id as RequestId,
          subscriptionId,
          at: at ?? ctx.clock.now(),
          amountUsdMicros: usdMicros as UsdMicros,
        }),
      );
      const rejected = await database.writeBatch([{ ...CHARGE_TABLE, rows }]);
      if (rejected.length > 0) throw new Error(`rejected: ${rejected[0]?.reason}`);
    },
    async used(id) {
      const windows = (await readWindows(ctx, [id], ctx.clock.now())).get(id) ?? [];
      return Object.fromEntries(windows.map((window) => [window.span, window.usedUsdMicros]));
    },
    violations: () => violationsOf(ctx),
    close: () => database.close(),
  };
}

async function violationsOf(ctx: Ctx): Promise<readonly string[]> {
  const found = await Promise.all(
    SUBSCRIPTION_CHECKS.map(async ({ name, find }) => (await find(ctx)).map(({ subject }) => `${name}: ${subject}`)),
  );
  return found.flat();
}

/** Limits in micro-dollars for the spans that are given. */
export function windowLimits(limits: Partial<Record<WindowSpan, number>>): NonNullable<NewPlan['windowLimits']> {
  return limits as NonNullable<NewPlan['windowLimits']>;
}

export function instant(text: string): EpochMs {
  return epochMs(Date.parse(text));
}

export function shown(at: EpochMs | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

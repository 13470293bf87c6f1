import type { z } from 'zod';
import type * as contract from '../../core/contract/index.ts';
import { formatMinor } from '../../core/currency.ts';
import { formatUsd, parseUsd, type UsdMicros } from '../../core/money.ts';
import type { Plan, PlanPatch, PlanVersion, WindowSpan } from '../../core/plans/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import { multiplierPpm, multiplierText } from './formats.ts';
import { limitsOf, limitsView } from './limits.ts';

type PlanView = z.output<typeof contract.planView>;
type VersionView = z.output<typeof contract.planVersionView>;
type TermsBody = Omit<contract.ParsedBodyOf<typeof contract.editPlan>, 'price' | 'currency'>;

export function viewPlan(plan: Plan): PlanView {
  const { id, code, state, version, createdAt } = plan;
  const sold = { version: version.version, version_id: version.id };
  return { id, code, state, ...sold, ...termsView(version), created_at: toRfc3339(createdAt) };
}

export function viewPlanVersion(version: PlanVersion): VersionView {
  return {
    id: version.id,
    version: version.version,
    ...termsView(version),
    created_at: toRfc3339(version.createdAt),
  };
}

/** What the audit log keeps. */
export function planFacts(plan: Plan): Omit<PlanView, 'id' | 'version_id' | 'created_at'> {
  const { id: _id, version_id: _version, created_at: _at, ...facts } = viewPlan(plan);
  return facts;
}

/** The terms that a body names, but for the price, which is read in its currency. */
export function termsOf(body: TermsBody): PlanPatch {
  return {
    name: body.name,
    duration: body.duration,
    windowLimits: {
      '5h': microsOf(body.limit_5h_usd),
      '1d': microsOf(body.limit_1d_usd),
      '7d': microsOf(body.limit_7d_usd),
      '30d': microsOf(body.limit_30d_usd),
    },
    multiplierPpm: body.multiplier === undefined ? undefined : multiplierPpm(body.multiplier),
    groups: body.groups,
    models: body.models,
    limits: limitsOf(body),
    allowsOverage: body.overage,
    onRepurchase: body.on_repurchase,
    renews: body.renews,
  };
}

function termsView(version: PlanVersion) {
  const limit = (span: WindowSpan) => {
    const micros = version.windowLimits[span];
    return micros === null ? null : formatUsd(micros);
  };
  return {
    name: version.name,
    price: formatMinor(version.priceMinor, version.currency),
    price_minor: version.priceMinor,
    currency: version.currency,
    duration: { ...version.duration },
    limit_5h_usd: limit('5h'),
    limit_1d_usd: limit('1d'),
    limit_7d_usd: limit('7d'),
    limit_30d_usd: limit('30d'),
    multiplier: multiplierText(version.multiplierPpm),
    groups: [...version.groups],
    models: [...version.models],
    ...limitsView(version.limits),
    overage: version.allowsOverage,
    on_repurchase: version.onRepurchase,
    renews: version.renews,
  };
}

/** Null takes a limit away, undefined leaves it. */
function microsOf(usd: string | null | undefined): UsdMicros | null | undefined {
  return typeof usd === 'string' ? parseUsd(usd) : usd;
}

import * as contract from '../../core/contract/index.ts';
import { Failure } from '../../core/failure.ts';
import { findKey, findUser } from '../../core/identity/index.ts';
import type { KeyId, RequestId, UpstreamId, UserId } from '../../core/ids.ts';
import { formatUsd } from '../../core/money.ts';
import {
  findDecision,
  findUsageEvent,
  listUsageEvents,
  type SummaryAxis,
  summariseUsage,
  type UsageFilter,
  type UsageSummaryRow,
} from '../../core/usage/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import { viewDecision } from './decision-view.ts';
import { instantOf, pageOf, pageView } from './formats.ts';
import { given } from './given.ts';
import { type ServedRoute, serve } from './serve-route.ts';
import { upstreamByRef } from './upstream-view.ts';
import { type UsageNames, usageNames, viewUsageEvent } from './usage-view.ts';

export function usageRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listUsage, async ({ query }) => {
      const filter = await filterOf(deps, query);
      await deps.usage.flush();
      const page = await listUsageEvents(deps.ctx, filter, pageOf(query));
      const names = usageNames(deps.live.state);
      return pageView(page, (event) => viewUsageEvent(event, names));
    }),

    serve(contract.summariseUsage, async ({ query }) => {
      const by = query.by ?? 'model';
      const filter = await filterOf(deps, query);
      await deps.usage.flush();
      const names = usageNames(deps.live.state);
      const rows = await summariseUsage(deps.ctx, { by, ...filter });
      return { by, items: rows.map((row) => viewSummaryRow(row, labelOf(names, by, row.group))), next_cursor: null };
    }),

    serve(contract.showRequest, async ({ params }) => {
      await deps.usage.flush();
      const id = params.request as RequestId;
      const [event, decision] = await Promise.all([findUsageEvent(deps.ctx, id), findDecision(deps.ctx, id)]);
      if (!event && !decision) throw noSuchRequest(params.request);
      return {
        event: event && viewUsageEvent(event, usageNames(deps.live.state)),
        decision: decision && viewDecision(decision),
      };
    }),
  ];
}

type FilterQuery = Omit<contract.QueryOf<typeof contract.listUsage>, 'limit' | 'cursor'>;

/** What is gone can still be asked for by its whole id: events outlive their user, key and upstream. */
async function filterOf(deps: AdminDeps, query: FilterQuery): Promise<UsageFilter> {
  const { ctx } = deps;
  return given({
    userId: await idOf<UserId>(query.user, 'usr', (ref) => findUser(ctx, ref)),
    keyId: await idOf<KeyId>(query.key, 'key', (ref) => findKey(ctx, ref)),
    upstreamId: await idOf<UpstreamId>(query.upstream, 'up', (ref) => upstreamByRef(deps, ref)),
    model: query.model,
    outcome: query.outcome,
    since: query.since === undefined ? undefined : instantOf(query.since),
    until: query.until === undefined ? undefined : instantOf(query.until),
  });
}

async function idOf<Id extends string>(
  ref: string | undefined,
  prefix: string,
  find: (ref: string) => Promise<{ readonly id: Id }>,
): Promise<Id | undefined> {
  if (ref === undefined) return undefined;
  if (ref.length === prefix.length + 27 && ref.startsWith(`${prefix}_`)) return ref as Id;
  return (await find(ref)).id;
}

function viewSummaryRow(row: UsageSummaryRow, label: string | null) {
  return {
    group: row.group,
    label,
    requests: row.requests,
    failures: row.failures,
    input_tokens: row.inputTokens,
    cached_input_tokens: row.cachedInputTokens,
    output_tokens: row.outputTokens,
    reasoning_tokens: row.reasoningTokens,
    cost_usd: formatUsd(row.costUsdMicros),
    cost_usd_micros: row.costUsdMicros,
    charged_usd: formatUsd(row.chargedUsdMicros),
    charged_usd_micros: row.chargedUsdMicros,
    unpriced: row.unpriced,
  };
}

function labelOf(names: UsageNames, by: SummaryAxis, group: string): string | null {
  switch (by) {
    case 'user':
      return names.user(group as UserId);
    case 'key':
      return names.key(group as KeyId);
    case 'upstream':
      return names.upstream(group as UpstreamId);
    case 'model':
    case 'day':
      return null;
  }
}

function noSuchRequest(id: string): Failure {
  return new Failure('not_found', {
    message: `there is no record of the request "${id}"`,
    hint: 'the id is in the X-Request-Id header of each answer; decisions are kept for usage.decision_retention_days',
  });
}

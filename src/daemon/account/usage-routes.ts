import { z } from 'zod';
import { formatUsd } from '../../core/money.ts';
import { decodeCursor, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from '../../core/page.ts';
import { epochMs, toRfc3339 } from '../../core/time.ts';
import {
  listUsageEvents,
  OUTCOMES,
  summariseUsage,
  type UsageEvent,
  type UsageFilter,
  type UsageSummaryRow,
} from '../../core/usage/index.ts';
import type { AccountAnswer, AccountInput, AccountRoute } from './account-route.ts';
import { json } from './answers.ts';
import { readQuery } from './read-fields.ts';
import { withKey } from './require-user.ts';

/** What a key was used for, told to whoever holds the key. */
export const usageRoutes: readonly AccountRoute[] = [
  { method: 'GET', path: '/v1/usage', owner: 'billing', alsoNeeds: 'web_usage', answer: listUsage },
  { method: 'GET', path: '/v1/usage/summary', owner: 'billing', alsoNeeds: 'web_usage', answer: sumUsage },
];

const instant = z.iso.datetime({ offset: true, error: 'must be an instant such as 2026-11-20T00:00:00Z' });
const filterFields = {
  model: z.string().min(1).max(200).optional(),
  since: instant.optional(),
  until: instant.optional(),
};
const listQuery = z.strictObject({
  ...filterFields,
  outcome: z.enum(OUTCOMES).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).optional(),
  cursor: z.string().min(1).max(200).optional(),
});
const summaryQuery = z.strictObject({ ...filterFields, by: z.enum(['model', 'day']).optional() });

async function listUsage(input: AccountInput): Promise<AccountAnswer> {
  return await withKey(input, async ({ key, user }) => {
    const { ctx, queue } = input.house;
    const { limit = PAGE_LIMIT_DEFAULT, cursor, ...query } = readQuery(input, listQuery);
    const page = { limit, ...(cursor === undefined ? {} : { after: decodeCursor(cursor) }) };
    // Whoever has an answer may look for it at once.
    await queue.flush();
    const { items, nextCursor } = await listUsageEvents(
      ctx,
      { ...filterOf(query), userId: user.id, keyId: key.id },
      page,
    );
    return json(200, { object: 'list', data: items.map(viewEvent), next_cursor: nextCursor });
  });
}

async function sumUsage(input: AccountInput): Promise<AccountAnswer> {
  return await withKey(input, async ({ key, user }) => {
    const { ctx, queue } = input.house;
    const { by = 'model', ...query } = readQuery(input, summaryQuery);
    await queue.flush();
    const rows = await summariseUsage(ctx, { ...filterOf(query), userId: user.id, keyId: key.id, by });
    return json(200, { object: 'list', by, data: rows.map(viewRow) });
  });
}

type FilterQuery = Omit<z.output<typeof listQuery>, 'limit' | 'cursor'>;

function filterOf({ model, outcome, since, until }: FilterQuery): UsageFilter {
  return {
    ...(model === undefined ? {} : { model }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(since === undefined ? {} : { since: epochMs(Date.parse(since)) }),
    ...(until === undefined ? {} : { until: epochMs(Date.parse(until)) }),
  };
}

/** What concerns the one who asked; which upstream served it is the operator's own affair. */
function viewEvent(event: UsageEvent): object {
  const { usage } = event;
  return {
    id: event.id,
    object: 'usage',
    at: toRfc3339(event.at),
    endpoint: event.endpoint,
    model: event.model,
    service_tier: event.serviceTier,
    outcome: event.outcome,
    status: event.status,
    error_code: event.errorCode,
    stream: event.stream,
    usage: usage && {
      input_tokens: usage.input,
      cached_input_tokens: usage.cachedInput,
      cache_write_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
      output_tokens: usage.output,
      reasoning_tokens: usage.reasoning,
    },
    usage_source: event.usageSource,
    cost_usd: event.costUsdMicros === null ? null : formatUsd(event.costUsdMicros),
    charged_usd: formatUsd(event.payment.chargedUsdMicros),
    paid_by: event.payment.payerKind,
    duration_ms: event.durationMs,
    first_output_ms: event.firstOutputMs,
  };
}

function viewRow(row: UsageSummaryRow): object {
  return {
    group: row.group,
    requests: row.requests,
    failures: row.failures,
    input_tokens: row.inputTokens,
    cached_input_tokens: row.cachedInputTokens,
    output_tokens: row.outputTokens,
    reasoning_tokens: row.reasoningTokens,
    cost_usd: formatUsd(row.costUsdMicros),
    charged_usd: formatUsd(row.chargedUsdMicros),
  };
}

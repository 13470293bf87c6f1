import type { QueuedRow, WriteQueue } from '../database/index.ts';
import type { Decision } from './decision.ts';
import { DECISION_TABLE } from './decision-store.ts';
import { packDecision } from './decision-text.ts';
import type { UsageEvent } from './usage-event.ts';
import { USAGE_TABLE, usageRow } from './usage-store.ts';

/**
 * Hands a finished request to the write queue: one usage event and one decision. Never blocks. What it is charged by
 * (`charges`) is committed together with the event, and both survive a kill of the process from here on.
 */
export function recordRequest(
  queue: WriteQueue,
  event: UsageEvent,
  decision: Decision,
  charges: readonly QueuedRow[] = [],
): void {
  const row = usageRow(event);
  if (charges.length === 0) queue.add(USAGE_TABLE, row);
  else queue.addAll([{ table: USAGE_TABLE, row }, ...charges], { durable: true });
  queue.add(DECISION_TABLE, [decision.id, packDecision(decision)]);
}

import type { WriteQueue } from '../database/index.ts';
import type { Decision } from './decision.ts';
import { DECISION_TABLE } from './decision-store.ts';
import { packDecision } from './decision-text.ts';
import type { UsageEvent } from './usage-event.ts';
import { USAGE_TABLE, usageRow } from './usage-store.ts';

/** Hands a finished request to the write queue: one usage event and one decision. Never blocks. */
export function recordRequest(queue: WriteQueue, event: UsageEvent, decision: Decision): void {
  queue.add(USAGE_TABLE, usageRow(event));
  queue.add(DECISION_TABLE, [decision.id, packDecision(decision)]);
}

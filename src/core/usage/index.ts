// What each request used and why it went where it went. Knows prices; knows nothing of balances or HTTP.
export { costOf } from './cost.ts';
export type { AttemptTrace, CandidateTrace, Decision, StickyTrace } from './decision.ts';
export { findDecision, pruneDecisions } from './decision-store.ts';
export { isGivenUp, type PendingAnswer, type StartedAnswer } from './pending-answer.ts';
export {
  isPendingAnswer,
  listDueAnswers,
  pendingRow,
  postponeAnswer,
  takePendingAnswer,
} from './pending-answer-store.ts';
export { recordRequest } from './recorder.ts';
export type { TokenUsage, UsageSource } from './token-usage.ts';
export {
  OUTCOMES,
  type Outcome,
  PAYER_KINDS,
  type PayerKind,
  UNPAID,
  type UsageEvent,
  type UsagePayment,
} from './usage-event.ts';
export {
  findUsageEvent,
  listUsageEvents,
  prunedThrough,
  pruneUsageEvents,
  setUsage,
  USAGE_TABLE,
  type UsageFilter,
  usageRow,
} from './usage-store.ts';
export { SUMMARY_AXES, type SummaryAxis, summariseUsage, type UsageSummaryRow } from './usage-summary.ts';

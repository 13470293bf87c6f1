import type { ChannelId, InboxId, OrderId } from '../ids.ts';
import type { EpochMs } from '../time.ts';
import type { PaymentFact } from './provider.ts';
import type { FactOutcome, Verdict } from './verdict.ts';

export const INBOX_STATES = ['received', 'applied', 'retry', 'refused', 'ignored'] as const;
/** Only `applied` makes a repetition of the same callback do nothing. */
export type InboxState = (typeof INBOX_STATES)[number];

/** A callback as it is kept: what it said, and what became of it. */
export interface InboxEvent {
  readonly id: InboxId;
  readonly channelId: ChannelId;
  /** The provider's own key of the event; unique within the channel. */
  readonly eventKey: string;
  readonly type: string;
  /** With secrets and signatures masked. */
  readonly shown: string;
  readonly facts: readonly PaymentFact[];
  /** Null where the provider does not say. */
  readonly livemode: boolean | null;
  readonly state: InboxState;
  readonly verdict: Verdict;
  readonly error: string | null;
  readonly orderId: OrderId | null;
  /** How often it came. */
  readonly deliveries: number;
  /** How often it was tried. */
  readonly attempts: number;
  readonly nextAt: EpochMs | null;
  readonly receivedAt: EpochMs;
  readonly updatedAt: EpochMs;
}

/** The gravest first: what a callback of several facts is called after. */
const GRAVITY: readonly Verdict[] = [
  'livemode_mismatch',
  'channel_mismatch',
  'currency_mismatch',
  'amount_mismatch',
  'unknown_reference',
  'not_yet_known',
  'paid_again',
  'paid_late',
  'applied',
  'already_applied',
];

const REFUSING: ReadonlySet<Verdict> = new Set(GRAVITY.slice(0, GRAVITY.indexOf('not_yet_known')));

/** What a callback is as a whole when these are the outcomes of its facts. */
export function summaryOf(
  outcomes: readonly FactOutcome[],
): Pick<InboxEvent, 'state' | 'verdict' | 'error' | 'orderId'> {
  const verdict = GRAVITY.find((grave) => outcomes.some((outcome) => outcome.verdict === grave)) ?? 'ignored';
  const decisive = outcomes.find((outcome) => outcome.verdict === verdict);
  const orderId = decisive?.orderId ?? outcomes.find((outcome) => outcome.orderId !== null)?.orderId ?? null;
  return { state: stateOf(verdict), verdict, error: decisive?.detail ?? null, orderId };
}

function stateOf(verdict: Verdict): InboxState {
  if (REFUSING.has(verdict)) return 'refused';
  if (verdict === 'not_yet_known') return 'retry';
  return verdict === 'ignored' ? 'ignored' : 'applied';
}

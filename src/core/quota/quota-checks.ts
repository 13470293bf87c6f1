import { type LedgerCheck, triggerCheck } from '../ledger/index.ts';
import { formatUsd } from '../money.ts';
import {
  type ChargeRow,
  type HeldRow,
  readChargesUnlikeEvents,
  readEventsUncharged,
  readMisheldBalances,
  readMisheldWindows,
  readTransfersUnlikeEvents,
} from './check-store.ts';

/** What must hold of leases, charges and usage events. */
export const QUOTA_CHECKS: readonly LedgerCheck[] = [
  {
    name: 'balances-held-equal-leases',
    doc: 'what is held of each balance is what the leases of it have left',
    find: async (ctx) => (await readMisheldBalances(ctx)).map(heldViolation),
  },
  {
    name: 'windows-held-equal-leases',
    doc: 'what is held in each window of a subscription is what the leases of the subscription have left',
    find: async (ctx) => (await readMisheldWindows(ctx)).map(heldViolation),
  },
  {
    name: 'usage-transfers-have-events',
    doc: 'each transfer of usage has one usage event, with the same amount and payer, as long as events are kept',
    find: async (ctx) => (await readTransfersUnlikeEvents(ctx)).map(chargeViolation),
  },
  {
    name: 'subscription-charges-have-events',
    doc: 'each charge of a subscription has one usage event, with the same amount and payer, as long as events are kept',
    find: async (ctx) => (await readChargesUnlikeEvents(ctx)).map(chargeViolation),
  },
  {
    name: 'charged-events-are-charged-once',
    doc: 'each usage event that charged something has one transfer or one charge for it, not both and not none',
    async find(ctx) {
      return (await readEventsUncharged(ctx)).map(({ id, payer, amount, transfers, charges }) => ({
        subject: id,
        detail: `says ${usd(amount)} charged to ${payer}, and has ${transfers} transfers and ${charges} charges`,
      }));
    },
  },
  triggerCheck('quota', ['quota_leases_insert_held', 'quota_leases_update_held', 'quota_leases_delete_held']),
];

function heldViolation({ subject, held, leased }: HeldRow) {
  return { subject, detail: `holds ${usd(held)}, its leases have ${usd(leased)} left` };
}

function chargeViolation({ id, payer, amount, event_payer, event_amount }: ChargeRow) {
  const says =
    event_amount === null ? 'there is no usage event' : `its event says ${usd(event_amount)} to ${event_payer}`;
  return { subject: id, detail: `charged ${usd(amount)} to ${payer}, but ${says}` };
}

function usd(micros: string): string {
  return `$${formatUsd(BigInt(micros))}`;
}

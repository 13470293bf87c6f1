import { formatUsd } from '../money.ts';
import { readDiverged, readUnsound } from './check-store.ts';
import { type LedgerCheck, triggerCheck } from './ledger-check.ts';

/** What must hold of transfers and balances, whatever else there is. */
export const LEDGER_CHECKS: readonly LedgerCheck[] = [
  {
    name: 'transfers-sound',
    doc: 'each transfer moves more than nothing between two known accounts, so that its two sides sum to zero',
    async find(ctx) {
      return (await readUnsound(ctx)).map(({ id, kind, debit, credit, amount, user_id }) => ({
        subject: id,
        detail: `${amount} micro-dollars from ${debit} to ${credit}, of kind ${kind}, for ${user_id ?? 'no user'}`,
      }));
    },
  },
  {
    name: 'balances-equal-transfers',
    doc: 'each balance is the sum of the transfers of its user',
    async find(ctx) {
      return (await readDiverged(ctx)).map(({ user_id, stored, summed }) => ({
        subject: user_id,
        detail: `the transfers sum to ${usd(summed)}, the balance ${stored === null ? 'is missing' : `says ${usd(stored)}`}`,
      }));
    },
  },
  triggerCheck('ledger', ['ledger_transfers_no_update', 'ledger_transfers_no_delete', 'ledger_transfers_project']),
];

function usd(micros: string): string {
  return micros.startsWith('-') ? `-$${formatUsd(-BigInt(micros))}` : `$${formatUsd(BigInt(micros))}`;
}

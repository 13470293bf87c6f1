import { type LedgerCheck, triggerCheck } from '../ledger/index.ts';
import { readMiscounted, readOverused, readWithoutCause, readWithoutEffect } from './check-store.ts';

/** What must hold of codes and what they gave. */
export const REDEMPTION_CHECKS: readonly LedgerCheck[] = [
  {
    name: 'redemptions-counted',
    doc: 'each code, and each user of a batch, counts the redemptions that are there',
    find: readMiscounted,
  },
  {
    name: 'redemptions-within-limits',
    doc: 'no code was redeemed more often than it may be, and no user redeemed more of a batch than one may',
    find: readOverused,
  },
  {
    name: 'redemptions-gave-once',
    doc: 'each redemption gave its user exactly what its batch promised',
    find: readWithoutEffect,
  },
  {
    name: 'redeemed-has-a-cause',
    doc: 'nothing was given for a code without a redemption',
    find: readWithoutCause,
  },
  triggerCheck('redemption', [
    'redemption_batches_no_update',
    'redemption_batches_no_delete',
    'redemption_codes_no_update',
    'redemption_codes_no_delete',
    'redemptions_no_update',
    'redemptions_no_delete',
  ]),
];

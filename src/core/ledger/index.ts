// Who owes whom: append-only transfers between accounts, balances that the database projects from them, and the checks
// that prove it. Knows no request, order or code but by the id in a transfer.
export { type Adjusted, type Adjustment, adjustBalance } from './adjust-balance.ts';
export { type Balance, lockBalances } from './balance-store.ts';
export {
  type CheckResult,
  type LedgerCheck,
  runCheck,
  triggerCheck,
  VIOLATIONS_MAX,
  type Violation,
} from './ledger-check.ts';
export { LEDGER_CHECKS } from './ledger-checks.ts';
export { postTransfer } from './post-transfer.ts';
export { listBalances, readBalance } from './read-balances.ts';
export {
  type AccountSum,
  accountBalance,
  findTransfers,
  listTransfers,
  sumAccounts,
  walkTransfers,
} from './read-transfers.ts';
export {
  channelAccount,
  HOUSE_ACCOUNTS,
  type LedgerAccount,
  type NewTransfer,
  TRANSFER_KINDS,
  type Transfer,
  type TransferKind,
  userAccount,
  userOfTransfer,
} from './transfer.ts';
export { TRANSFER_TABLE, type TransferFilter, transferRow } from './transfer-store.ts';

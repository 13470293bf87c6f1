import type { ChannelId, UserId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import type { UsdMicros } from '../money.ts';
import type { EpochMs } from '../time.ts';

/** Accounts of the house. None has a stored balance: a row that every request changes would be everybody's queue. */
export const HOUSE_ACCOUNTS = [
  'revenue:usage',
  'revenue:plans',
  'adjustments',
  'promotions',
  'writeoffs',
  'disputes',
  'refunds_due',
  /** Money that a person says came outside of every channel; the payment's reference names it there. */
  'manual',
] as const;

/**
 * `user:<id>` is what we owe a user, so a credit raises the balance. `channel:<id>` is what a payment channel holds for
 * us, so a debit is money that came in there.
 */
export type LedgerAccount = (typeof HOUSE_ACCOUNTS)[number] | `user:${string}` | `channel:${string}`;

/** Why money moves. A kind is the first word of the ids of its transfers. */
export const TRANSFER_KINDS = [
  'usage',
  'writeoff',
  'order',
  'invoice',
  'reversal',
  'refund',
  'dispute',
  'redeem',
  'adjust',
] as const;
export type TransferKind = (typeof TRANSFER_KINDS)[number];

/** An amount that moved from one account to another, for ever. What is taken from one the other gets: the sum is zero. */
export interface Transfer {
  /** `<kind>:<ref>`, e.g. `order:ord_…`: the same id never moves money twice. */
  readonly id: string;
  readonly at: EpochMs;
  readonly kind: TransferKind;
  readonly debitAccount: LedgerAccount;
  readonly creditAccount: LedgerAccount;
  /** More than zero. */
  readonly amountUsdMicros: UsdMicros;
  /** What caused it: `request`, `order`, `code`, … and its id. */
  readonly refType: string;
  readonly refId: string;
  /** Who: `relay`, `user:<id>`, a provider's channel, or an operator as the audit log names them. */
  readonly actor: string;
  readonly reason: string | null;
}

/** A transfer before it is posted: at this moment and without a reason, unless it says so. */
export type NewTransfer = Omit<Transfer, 'at' | 'reason'> & Partial<Pick<Transfer, 'at' | 'reason'>>;

const USER = 'user:';

export function userAccount(userId: UserId): LedgerAccount {
  return `${USER}${userId}`;
}

export function channelAccount(channelId: ChannelId): LedgerAccount {
  return `channel:${channelId}`;
}

/** The user on either side; null between two accounts of the house. */
export function userOfTransfer({ debitAccount, creditAccount }: Transfer): UserId | null {
  const account = debitAccount.startsWith(USER) ? debitAccount : creditAccount;
  return account.startsWith(USER) ? (account.slice(USER.length) as UserId) : null;
}

/** What the database would refuse is a defect of the caller, and better told with its stack. */
export function requireSound(transfer: Transfer): void {
  const { id, kind, debitAccount: debit, creditAccount: credit, amountUsdMicros } = transfer;
  invariant(Number.isSafeInteger(amountUsdMicros) && amountUsdMicros > 0, `${id} moves ${amountUsdMicros}`);
  invariant(id.startsWith(`${kind}:`), `${id} is of kind ${kind}`);
  invariant(debit !== credit, `${id} moves from ${debit} to itself`);
  invariant(!(debit.startsWith(USER) && credit.startsWith(USER)), `${id} has a user on both sides`);
}

/** Whether two transfers of one id move the same money. When, by whom and why may differ from one try to the next. */
export function movesTheSame(one: Transfer, other: Transfer): boolean {
  return (
    one.kind === other.kind &&
    one.debitAccount === other.debitAccount &&
    one.creditAccount === other.creditAccount &&
    one.amountUsdMicros === other.amountUsdMicros
  );
}

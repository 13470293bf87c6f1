import type { Ctx } from '../database/index.ts';
import { Failure } from '../failure.ts';
import type { Page } from '../page.ts';
import type { LedgerAccount, Transfer, TransferKind } from './transfer.ts';
import {
  readLatest,
  readOfKind,
  readTransfers,
  sumAccount,
  sumPairs,
  type TransferFilter,
  type TransferPlace,
} from './transfer-store.ts';

const IDS_CHUNK = 500;
const WALK_CHUNK = 1_000;

/** Newest first. @throws Failure invalid_input when the cursor is none of ours. */
export async function listTransfers(
  ctx: Ctx,
  filter: TransferFilter,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<Transfer>> {
  const after = page.cursor === undefined ? null : decodePlace(page.cursor);
  const rows = await readLatest(ctx, filter, page.limit + 1, after);
  const items = rows.slice(0, page.limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > page.limit && last ? encodePlace(last) : null };
}

/** Those of the ids that are there. For rooms that check their own rows against the ledger. */
export async function findTransfers(ctx: Ctx, ids: readonly string[]): Promise<ReadonlyMap<string, Transfer>> {
  const found = new Map<string, Transfer>();
  for (let start = 0; start < ids.length; start += IDS_CHUNK) {
    for (const transfer of await readTransfers(ctx, ids.slice(start, start + IDS_CHUNK))) {
      found.set(transfer.id, transfer);
    }
  }
  return found;
}

/** Every transfer of a kind, in chunks, so that a check never holds them all. */
export async function* walkTransfers(ctx: Ctx, kind: TransferKind): AsyncGenerator<readonly Transfer[]> {
  let after = '';
  for (;;) {
    const chunk = await readOfKind(ctx, kind, WALK_CHUNK, after);
    if (chunk.length > 0) yield chunk;
    if (chunk.length < WALK_CHUNK) return;
    after = chunk.at(-1)?.id ?? '';
  }
}

/** Credits minus debits in micro-dollars: what we owe there, or below zero what is held or spent there. */
export async function accountBalance(ctx: Ctx, account: LedgerAccount): Promise<bigint> {
  return await sumAccount(ctx, account);
}

export interface AccountSum {
  /** Of the house, of a channel, or `users` for all of them together. */
  readonly account: string;
  readonly transfers: number;
  readonly debitUsdMicros: bigint;
  readonly creditUsdMicros: bigint;
}

/** Every account with what went out and in, by name. All debits together are all credits together. */
export async function sumAccounts(ctx: Ctx): Promise<AccountSum[]> {
  const sums = new Map<string, AccountSum>();
  const add = (account: string, transfers: number, debit: bigint, credit: bigint) => {
    const sum = sums.get(account);
    sums.set(account, {
      account,
      transfers: (sum?.transfers ?? 0) + transfers,
      debitUsdMicros: (sum?.debitUsdMicros ?? 0n) + debit,
      creditUsdMicros: (sum?.creditUsdMicros ?? 0n) + credit,
    });
  };
  for (const { debit, credit, transfers, total } of await sumPairs(ctx)) {
    add(debit, transfers, BigInt(total), 0n);
    add(credit, transfers, 0n, BigInt(total));
  }
  return [...sums.values()].sort((a, b) => (a.account < b.account ? -1 : 1));
}

function encodePlace({ at, id }: TransferPlace): string {
  return Buffer.from(`${at} ${id}`, 'utf8').toString('base64url');
}

function decodePlace(cursor: string): TransferPlace {
  const [, at, id] = /^(\d{1,15}) ([a-z]+:\S+)$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (at === undefined || id === undefined) {
    throw new Failure('invalid_input', { message: 'the cursor is not one that this server gave', param: 'cursor' });
  }
  return { at: Number(at), id };
}

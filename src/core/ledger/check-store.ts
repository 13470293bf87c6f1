import { type Ctx, rawRows } from '../database/index.ts';
import { VIOLATIONS_MAX } from './ledger-check.ts';
import { HOUSE_ACCOUNTS } from './transfer.ts';

export interface UnsoundRow {
  readonly id: string;
  readonly kind: string;
  readonly debit: string;
  readonly credit: string;
  /** As text, because what is unsound may be anything. */
  readonly amount: string;
  readonly user_id: string | null;
}

const isKnown = (account: string): string =>
  `(${account} in (${HOUSE_ACCOUNTS.map((name) => `'${name}'`).join(', ')})
    or substr(${account}, 1, 9) = 'user:usr_' or substr(${account}, 1, 13) = 'channel:chan_')`;

/** What the table's own constraint says, and what it cannot know: kinds and accounts. */
const SOUND = `amount_usd_micros > 0
  and debit_account <> credit_account
  and substr(id, 1, length(kind) + 1) = kind || ':'
  and ${isKnown('debit_account')}
  and ${isKnown('credit_account')}
  and case
    when user_id is null then substr(debit_account, 1, 5) <> 'user:' and substr(credit_account, 1, 5) <> 'user:'
    else (debit_account = 'user:' || user_id and substr(credit_account, 1, 5) <> 'user:')
      or (credit_account = 'user:' || user_id and substr(debit_account, 1, 5) <> 'user:')
    end`;

export async function readUnsound(ctx: Ctx): Promise<UnsoundRow[]> {
  return await rawRows<UnsoundRow>(
    ctx.db,
    `select id, kind, debit_account as debit, credit_account as credit, cast(amount_usd_micros as text) as amount, user_id
     from ledger_transfers where not (${SOUND}) order by id limit ${VIOLATIONS_MAX}`,
  );
}

export interface DivergedRow {
  readonly user_id: string;
  /** Null: there is no such row. */
  readonly stored: string | null;
  readonly summed: string;
}

/**
 * Balances that are not the sum of their transfers, in either direction. Grouped by an expression, because by its index
 * SQLite would visit the rows one by one all over the table, which takes five times as long.
 */
export async function readDiverged(ctx: Ctx): Promise<DivergedRow[]> {
  return await rawRows<DivergedRow>(
    ctx.db,
    `select coalesce(b.user_id, t.user_id) as user_id, cast(b.usd_micros as text) as stored,
       cast(coalesce(t.total, 0) as text) as summed
     from user_balances b full join (
       select user_id || '' as user_id,
         sum(case when credit_account = 'user:' || user_id then amount_usd_micros else -amount_usd_micros end) as total
       from ledger_transfers where user_id is not null group by user_id || ''
     ) t on t.user_id = b.user_id
     where b.user_id is null or b.usd_micros <> coalesce(t.total, 0)
     order by 1 limit ${VIOLATIONS_MAX}`,
  );
}

import type { Knex } from 'knex';
import { isPostgres, refuseChanges } from './append-only.ts';
import { id, idMemo, instant, micros, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const ledger: Migration = {
  name: '0013-ledger',
  async up(knex) {
    await knex.schema.createTable('ledger_transfers', (t) => {
      // `<kind>:<ref>`: the key under which the same money is never moved twice.
      id(t);
      instant(t, 'at');
      text(t, 'kind');
      text(t, 'debit_account');
      text(t, 'credit_account');
      micros(t, 'amount_usd_micros');
      // The user of whichever side is one; null between two accounts of the house.
      idMemo(t, 'user_id').nullable();
      text(t, 'ref_type');
      text(t, 'ref_id');
      text(t, 'actor');
      text(t, 'reason').nullable();
      t.index(['user_id', 'at'], 'ledger_transfers_user');
      t.index(['at'], 'ledger_transfers_at');
      t.check(SOUND, [], 'ledger_transfers_sound');
    });
    await knex.schema.createTable('user_balances', (t) => {
      id(t, 'user_id');
      micros(t, 'usd_micros');
      micros(t, 'held_usd_micros').defaultTo(0);
      instant(t, 'updated_at');
      // What a double holds exactly: a balance beyond it could be stored and not be read.
      t.check('usd_micros between -9007199254740991 and 9007199254740991', [], 'user_balances_readable');
    });
    await refuseChanges(knex, 'ledger_transfers');
    await (isPostgres(knex) ? projectOnPostgres(knex) : projectOnSqlite(knex));
  },
};

/** Some money between two different accounts, at most one of them a user's, and then `user_id` is that user. */
const SOUND = `amount_usd_micros > 0 and debit_account <> credit_account and case
  when user_id is null then substr(debit_account, 1, 5) <> 'user:' and substr(credit_account, 1, 5) <> 'user:'
  else (debit_account = 'user:' || user_id and substr(credit_account, 1, 5) <> 'user:')
    or (credit_account = 'user:' || user_id and substr(debit_account, 1, 5) <> 'user:')
  end`;

const SIGNED = `case when credit_account = 'user:' || user_id then amount_usd_micros else -amount_usd_micros end`;

async function projectOnSqlite(knex: Knex): Promise<void> {
  await knex.raw(`create trigger ledger_transfers_project after insert on ledger_transfers
    when new.user_id is not null begin
      insert into user_balances (user_id, usd_micros, held_usd_micros, updated_at)
      values (new.user_id, ${SIGNED.replace(/credit_account|user_id|amount_usd_micros/g, 'new.$&')}, 0, new.at)
      on conflict (user_id) do update
        set usd_micros = usd_micros + excluded.usd_micros, updated_at = max(updated_at, excluded.updated_at);
    end`);
}

/** Once for a whole statement, with the rows locked in one order, so that batches of several daemons do not deadlock. */
async function projectOnPostgres(knex: Knex): Promise<void> {
  await knex.raw(`create function ledger_transfers_project() returns trigger language plpgsql as $$
    begin
      insert into user_balances as b (user_id, usd_micros, held_usd_micros, updated_at)
      select user_id, sum(${SIGNED}), 0, max(at) from posted where user_id is not null group by user_id order by user_id
      on conflict (user_id) do update
        set usd_micros = b.usd_micros + excluded.usd_micros, updated_at = greatest(b.updated_at, excluded.updated_at);
      return null;
    end $$`);
  await knex.raw(`create trigger ledger_transfers_project after insert on ledger_transfers
    referencing new table as posted for each statement execute function ledger_transfers_project()`);
}

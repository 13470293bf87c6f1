import type { Knex } from 'knex';
import { isPostgres } from './append-only.ts';
import { count, id, idMemo, idRef, instant, micros, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const quota: Migration = {
  name: '0015-quota',
  async up(knex) {
    await createLeases(knex);
    await (isPostgres(knex) ? sumHeldOnPostgres(knex) : sumHeldOnSqlite(knex));
    await knex.schema.alterTable('usage_events', (t) => {
      text(t, 'payer_kind').defaultTo('free');
      idMemo(t, 'payer_id').nullable();
      count(t, 'payer_multiplier_ppm').defaultTo(1_000_000);
      micros(t, 'reserved_usd_micros').nullable();
      micros(t, 'charged_usd_micros').defaultTo(0);
    });
    await knex.schema.createTable('usage_pruned', (t) => {
      id(t);
      // Every event up to this id may have been deleted by its retention.
      idMemo(t, 'through_id');
    });
  },
};

async function createLeases(knex: Knex): Promise<void> {
  // One row for each daemon that holds leases: one update keeps all of them alive.
  await knex.schema.createTable('quota_daemons', (t) => {
    id(t);
    // The data folder, so that whoever starts in it next finds what was left there.
    text(t, 'folder').index('quota_daemons_folder');
    instant(t, 'started_at');
    instant(t, 'expires_at');
  });
  await knex.schema.createTable('quota_leases', (t) => {
    id(t);
    idRef(t, 'daemon_id', 'quota_daemons').index('quota_leases_daemon');
    idMemo(t, 'user_id');
    text(t, 'payer_kind');
    // The user of a balance, or a subscription.
    idMemo(t, 'payer_id');
    // Two totals that only grow, because they have two writers: grants write the one, settlements the other.
    micros(t, 'granted_usd_micros');
    micros(t, 'spent_usd_micros').defaultTo(0);
    instant(t, 'created_at');
    t.index(['payer_kind', 'payer_id'], 'quota_leases_payer');
    t.check("payer_kind in ('balance', 'subscription')", [], 'quota_leases_payer_kind');
    t.check('spent_usd_micros between 0 and granted_usd_micros', [], 'quota_leases_amounts');
  });
}

/** What each kind of payer is held in: the table, and the column that a lease's payer_id names. */
const HELD = [
  ['balance', 'user_balances', 'user_id'],
  ['subscription', 'subscription_windows', 'subscription_id'],
] as const;

/** What a lease has left. */
function left(row: string): string {
  return `${row}.granted_usd_micros - ${row}.spent_usd_micros`;
}

/** Held is the sum of what leases have left, by the difference that every change of a lease makes. */
async function sumHeldOnSqlite(knex: Knex): Promise<void> {
  const changes = [
    ['insert', 'new', left('new')],
    ['update', 'new', `(${left('new')}) - (${left('old')})`],
    ['delete', 'old', `0 - (${left('old')})`],
  ] as const;
  for (const [event, row, difference] of changes) {
    const updates = HELD.map(
      ([kind, table, key]) => `update ${table} set held_usd_micros = held_usd_micros + ${difference}
        where ${row}.payer_kind = '${kind}' and ${key} = ${row}.payer_id;`,
    );
    await knex.raw(`create trigger quota_leases_${event}_held after ${event} on quota_leases begin
      ${updates.join('\n')}
    end`);
  }
}

/** Once for a whole statement: a batch of settlements shrinks hundreds of leases at a time. */
async function sumHeldOnPostgres(knex: Knex): Promise<void> {
  const changes = [
    ['insert', `select payer_kind, payer_id, ${left('a')} as d from added a`, 'new table as added'],
    [
      'update',
      `select a.payer_kind, a.payer_id, (${left('a')}) - (${left('r')}) as d from added a join removed r on r.id = a.id`,
      'old table as removed new table as added',
    ],
    ['delete', `select payer_kind, payer_id, -(${left('r')}) as d from removed r`, 'old table as removed'],
  ] as const;
  for (const [event, differences, transition] of changes) {
    const updates = HELD.map(
      ([kind, table, key]) => `update ${table} t set held_usd_micros = t.held_usd_micros + s.total
        from (select payer_id, sum(d) as total from (${differences}) c where payer_kind = '${kind}' group by payer_id) s
        where t.${key} = s.payer_id and s.total <> 0;`,
    );
    await knex.raw(`create function quota_leases_${event}_held() returns trigger language plpgsql as $$
      begin
        ${updates.join('\n')}
        return null;
      end $$`);
    await knex.raw(`create trigger quota_leases_${event}_held after ${event} on quota_leases
      referencing ${transition} for each statement execute function quota_leases_${event}_held()`);
  }
}

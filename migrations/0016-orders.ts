import type { Knex } from 'knex';
import { isPostgres, refuseChanges } from './append-only.ts';
import { count, id, idMemo, idRef, instant, json, micros, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const orders: Migration = {
  name: '0016-orders',
  async up(knex) {
    await knex.schema.createTable('topup_orders', (t) => orderColumns(t, 'topup_orders'));
    await freeze(knex, 'topup_orders', FROZEN);
    await knex.schema.createTable('subscription_orders', (t) => {
      orderColumns(t, 'subscription_orders');
      idMemo(t, 'plan_version_id');
    });
    await freeze(knex, 'subscription_orders', [...FROZEN, 'plan_version_id']);
    await knex.schema.createTable('order_events', (t) => {
      id(t);
      idMemo(t, 'order_id');
      // How many there were before: several things happen in one millisecond.
      count(t, 'position');
      text(t, 'kind');
      text(t, 'actor');
      json(t, 'detail');
      instant(t, 'at');
      t.index(['order_id', 'at', 'position'], 'order_events_order');
    });
    await refuseChanges(knex, 'order_events');
  },
};

/** Everything that decides about money, as it was when the order was made. */
const FROZEN = [
  'id',
  'number',
  'user_id',
  'amount_minor',
  'currency',
  'rate',
  'credit_usd_micros',
  'channel_id',
  'provider',
  'method',
  'created_at',
];

function orderColumns(t: Knex.CreateTableBuilder, table: string): void {
  id(t);
  text(t, 'number').unique();
  idRef(t, 'user_id', 'users');
  text(t, 'state');
  count(t, 'amount_minor');
  text(t, 'currency');
  text(t, 'rate');
  micros(t, 'credit_usd_micros');
  // A channel that has orders is never removed.
  idMemo(t, 'channel_id');
  text(t, 'provider');
  text(t, 'method');
  instant(t, 'created_at');
  instant(t, 'expires_at');
  instant(t, 'paid_at').nullable();
  instant(t, 'fulfilled_at').nullable();
  t.check('amount_minor > 0 and credit_usd_micros > 0', [], `${table}_worth`);
  t.index(['user_id', 'id'], `${table}_user`);
  t.index(['state', 'expires_at'], `${table}_state`);
}

/** Orders are kept for ever, and what was agreed on is never rewritten, by whomever. */
async function freeze(knex: Knex, table: string, columns: readonly string[]): Promise<void> {
  if (!isPostgres(knex)) {
    await knex.raw(`create trigger ${table}_no_delete before delete on ${table} begin
      select raise(abort, '${table} keeps its rows');
    end`);
    await knex.raw(`create trigger ${table}_frozen before update of ${columns.join(', ')} on ${table} begin
      select raise(abort, '${table} keeps what was agreed on');
    end`);
    return;
  }
  await knex.raw(`create function ${table}_refuse() returns trigger language plpgsql as $$
    begin
      raise exception '${table} keeps its rows and what was agreed on' using errcode = 'integrity_constraint_violation';
    end $$`);
  await knex.raw(`create trigger ${table}_no_delete before delete or truncate on ${table}
    for each statement execute function ${table}_refuse()`);
  await knex.raw(`create trigger ${table}_frozen before update of ${columns.join(', ')} on ${table}
    for each statement execute function ${table}_refuse()`);
}

import type { Knex } from 'knex';
import { isPostgres, refuseChanges } from './append-only.ts';
import { count, flag, id, idMemo, idRef, instant, json, micros, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const subscriptions: Migration = {
  name: '0014-subscriptions',
  async up(knex) {
    await createPlans(knex);
    await createSubscriptions(knex);
    await createWindows(knex);
    // A group may be renamed, and a plan that opens it follows; nothing else of what was sold ever changes.
    await refuseChanges(knex, 'subscription_plan_versions', VERSION_FACTS);
    await refuseChanges(knex, 'user_subscriptions', ['id', 'user_id', 'plan_id', 'plan_version_id', 'source']);
    await refuseChanges(knex, 'subscription_grants', ['source', 'subscription_id', 'at']);
    await refuseChanges(knex, 'subscription_charges');
    await countCharges(knex);
  },
};

const VERSION_FACTS = [
  'id',
  'plan_id',
  'version',
  'name',
  'price_minor',
  'currency',
  'duration_count',
  'duration_unit',
  'limit_5h_usd_micros',
  'limit_1d_usd_micros',
  'limit_7d_usd_micros',
  'limit_30d_usd_micros',
  'multiplier_ppm',
  'allowed_models',
  'rpm',
  'tpm',
  'concurrency',
  'allows_overage',
  'on_repurchase',
  'renews',
  'created_at',
];

async function createPlans(knex: Knex): Promise<void> {
  await knex.schema.createTable('subscription_plans', (t) => {
    id(t);
    text(t, 'code').unique();
    text(t, 'state');
    // No reference: each of the two tables would have to be there first.
    idMemo(t, 'current_version_id');
    instant(t, 'created_at');
  });
  await knex.schema.createTable('subscription_plan_versions', (t) => {
    id(t);
    idRef(t, 'plan_id', 'subscription_plans');
    count(t, 'version');
    text(t, 'name');
    count(t, 'price_minor');
    text(t, 'currency');
    count(t, 'duration_count');
    text(t, 'duration_unit');
    micros(t, 'limit_5h_usd_micros').nullable();
    micros(t, 'limit_1d_usd_micros').nullable();
    micros(t, 'limit_7d_usd_micros').nullable();
    micros(t, 'limit_30d_usd_micros').nullable();
    count(t, 'multiplier_ppm');
    json(t, 'group_names');
    json(t, 'allowed_models');
    count(t, 'rpm').nullable();
    count(t, 'tpm').nullable();
    count(t, 'concurrency').nullable();
    flag(t, 'allows_overage');
    text(t, 'on_repurchase');
    flag(t, 'renews');
    instant(t, 'created_at');
    t.unique(['plan_id', 'version']);
  });
}

async function createSubscriptions(knex: Knex): Promise<void> {
  await knex.schema.createTable('user_subscriptions', (t) => {
    id(t);
    idRef(t, 'user_id', 'users');
    idRef(t, 'plan_id', 'subscription_plans');
    idRef(t, 'plan_version_id', 'subscription_plan_versions');
    instant(t, 'starts_at');
    instant(t, 'ends_at').index('user_subscriptions_ends');
    count(t, 'anchor_day');
    text(t, 'state');
    instant(t, 'canceled_at').nullable();
    text(t, 'cancel_reason').nullable();
    flag(t, 'cancel_at_end');
    flag(t, 'past_due');
    text(t, 'source').unique();
    text(t, 'provider_subscription_ref').nullable().index('user_subscriptions_provider');
    instant(t, 'created_at');
    t.index(['user_id', 'id'], 'user_subscriptions_user');
    t.check('ends_at >= starts_at', undefined, 'user_subscriptions_order');
  });
  await knex.schema.createTable('subscription_grants', (t) => {
    id(t, 'source');
    idRef(t, 'subscription_id', 'user_subscriptions').index('subscription_grants_subscription');
    idRef(t, 'plan_version_id', 'subscription_plan_versions');
    instant(t, 'starts_at');
    instant(t, 'ends_at');
    instant(t, 'at');
    instant(t, 'revoked_at').nullable();
    count(t, 'taken_ms');
    t.check('ends_at >= starts_at', undefined, 'subscription_grants_order');
  });
}

async function createWindows(knex: Knex): Promise<void> {
  await knex.schema.createTable('subscription_windows', (t) => {
    idRef(t, 'subscription_id', 'user_subscriptions');
    text(t, 'span');
    // In the row, so that triggers need no table of spans.
    count(t, 'length_ms');
    // Null until the first use.
    instant(t, 'started_at').nullable();
    micros(t, 'used_usd_micros');
    // The part of `used` that is older than the window: it was posted too late for the one before.
    micros(t, 'late_usd_micros');
    micros(t, 'held_usd_micros');
    t.primary(['subscription_id', 'span']);
  });
  await knex.schema.createTable('subscription_charges', (t) => {
    // The request's id: a request is charged once, however often it is written.
    id(t);
    // Only remembered: a check of the reference for each request would be paid by every request.
    idMemo(t, 'subscription_id');
    instant(t, 'at');
    micros(t, 'amount_usd_micros');
    t.index(['subscription_id', 'at'], 'subscription_charges_subscription');
    t.check('amount_usd_micros >= 0', undefined, 'subscription_charges_amount');
  });
}

/** Every charge is added to the windows of its subscription in the same statement, so no writer can forget it. */
async function countCharges(knex: Knex): Promise<void> {
  if (!isPostgres(knex)) return void (await knex.raw(SQLITE_COUNT));
  await knex.raw(POSTGRES_COUNT);
  await knex.raw(`create trigger subscription_charges_counted after insert on subscription_charges
    referencing new table as added for each statement execute function subscription_charges_counted()`);
}

/** What one charge `c` does to a window: it begins one that never began or has ended, else it is added. */
function addCharge(c: string, window = ''): string {
  const isOver = `(${window}started_at is null or ${c}.at >= ${window}started_at + ${window}length_ms)`;
  return `used_usd_micros = case when ${isOver} then 0 else ${window}used_usd_micros end + ${c}.amount_usd_micros,
    late_usd_micros = case when ${isOver} then 0
      when ${c}.at < ${window}started_at then ${window}late_usd_micros + ${c}.amount_usd_micros
      else ${window}late_usd_micros end,
    started_at = case when ${isOver} then ${c}.at else ${window}started_at end`;
}

const SQLITE_COUNT = `create trigger subscription_charges_counted after insert on subscription_charges begin
  update subscription_windows set ${addCharge('new')} where subscription_id = new.subscription_id;
end`;

/**
 * A batch holds many charges of one subscription. Windows that none of them ends take all at once; only those that begin
 * anew take them one after the other, as a window does a few times a day. Rows are locked in the order of their key, as
 * everyone does, so that writers never wait for each other in a circle.
 */
const POSTGRES_COUNT = `create function subscription_charges_counted() returns trigger language plpgsql as $$
declare c record;
begin
  perform 1 from subscription_windows where subscription_id in (select subscription_id from added)
    order by subscription_id, span for update;
  with totals as (
    select subscription_id, min(at) as first, max(at) as latest, sum(amount_usd_micros) as total
    from added group by subscription_id
  )
  update subscription_windows w set
    used_usd_micros = w.used_usd_micros + t.total,
    late_usd_micros = w.late_usd_micros + case when t.first >= w.started_at then 0 else (
      select coalesce(sum(a.amount_usd_micros), 0) from added a
      where a.subscription_id = w.subscription_id and a.at < w.started_at
    ) end
  from totals t
  where w.subscription_id = t.subscription_id and t.latest < w.started_at + w.length_ms;
  for c in
    with latest as (select subscription_id, max(at) as at from added group by subscription_id)
    select a.at, a.amount_usd_micros, o.subscription_id, o.span
    from latest l
      join subscription_windows o on o.subscription_id = l.subscription_id
        and (o.started_at is null or o.started_at + o.length_ms <= l.at)
      join added a on a.subscription_id = o.subscription_id
    order by a.at
  loop
    update subscription_windows w set ${addCharge('c', 'w.')}
      where w.subscription_id = c.subscription_id and w.span = c.span;
  end loop;
  return null;
end $$`;

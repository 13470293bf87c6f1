import { type Ctx, rawRows } from '../database/index.ts';
import { VIOLATIONS_MAX, type Violation } from '../ledger/index.ts';

// Read-only questions that compare what was redeemed with what it caused, so they look into the tables of both.

export async function readMiscounted(ctx: Ctx): Promise<Violation[]> {
  return await violations(
    ctx,
    `select c.id as subject,
       'says that it was redeemed ' || c.redeemed || ' times, but ' || count(r.id) || ' redemptions are there' as detail
     from redemption_codes c left join redemptions r on r.code_id = c.id
     group by c.id, c.redeemed having c.redeemed <> count(r.id)`,
    `select u.batch_id || ' ' || u.user_id as subject,
       'says ' || u.redeemed || ' redemptions of this user, but ' || count(r.id) || ' are there' as detail
     from redemption_users u left join redemptions r on r.batch_id = u.batch_id and r.user_id = u.user_id
     group by u.batch_id, u.user_id, u.redeemed having u.redeemed <> count(r.id)`,
  );
}

export async function readOverused(ctx: Ctx): Promise<Violation[]> {
  return await violations(
    ctx,
    `select c.id as subject, count(r.id) || ' redemptions of a code for ' || c.max_redemptions as detail
     from redemption_codes c join redemptions r on r.code_id = c.id
     group by c.id, c.max_redemptions having count(r.id) > c.max_redemptions`,
    `select r.batch_id || ' ' || r.user_id as subject,
       count(r.id) || ' redemptions by one user, who may have ' || b.max_per_user as detail
     from redemptions r join redemption_batches b on b.id = r.batch_id
     group by r.batch_id, r.user_id, b.max_per_user having count(r.id) > b.max_per_user`,
  );
}

export async function readWithoutEffect(ctx: Ctx): Promise<Violation[]> {
  return await violations(
    ctx,
    `select r.id as subject, case when t.id is null then 'gave no balance'
         else 'gave ' || t.amount_usd_micros || ' micro-dollars to ' || coalesce(t.user_id, 'nobody') ||
           ' instead of ' || b.amount_usd_micros || ' to ' || r.user_id end as detail
     from redemptions r join redemption_batches b on b.id = r.batch_id left join ledger_transfers t on t.id = r.id
     where b.amount_usd_micros is not null and (t.id is null or t.amount_usd_micros <> b.amount_usd_micros
       or t.credit_account <> 'user:' || r.user_id or t.debit_account <> 'promotions')`,
    `select r.id as subject, case when g.source is null then 'gave no subscription'
         else 'gave ' || g.plan_version_id || ' to ' || s.user_id ||
           ' instead of ' || b.plan_version_id || ' to ' || r.user_id end as detail
     from redemptions r join redemption_batches b on b.id = r.batch_id
       left join subscription_grants g on g.source = r.id left join user_subscriptions s on s.id = g.subscription_id
     where b.plan_version_id is not null
       and (g.source is null or g.plan_version_id <> b.plan_version_id or s.user_id <> r.user_id)`,
  );
}

export async function readWithoutCause(ctx: Ctx): Promise<Violation[]> {
  return await violations(
    ctx,
    `select t.id as subject, 'was posted without a redemption' as detail from ledger_transfers t
     where t.kind = 'redeem' and not exists (select 1 from redemptions r where r.id = t.id)`,
    `select g.source as subject, 'was granted without a redemption' as detail from subscription_grants g
     where substr(g.source, 1, 7) = 'redeem:' and not exists (select 1 from redemptions r where r.id = g.source)`,
  );
}

async function violations(ctx: Ctx, ...queries: readonly string[]): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const query of queries) {
    found.push(...(await rawRows<Violation>(ctx.db, `${query} order by 1 limit ${VIOLATIONS_MAX}`)));
  }
  return found;
}

import { type Ctx, rawRows } from '../database/index.ts';
import { WINDOW_MS, WINDOW_SPANS } from '../plans/index.ts';

/** A row that breaks a rule. */
export interface Violation {
  /** Id of the row. */
  readonly subject: string;
  readonly detail: string;
}

/** So many rows say that something is wrong as well as all of them do. */
const VIOLATIONS_MAX = 1_000;

// Sums are made and compared in the database, so they can be of any size.

/** Windows that have not used what their charges say. */
export async function readMiscounted(ctx: Ctx): Promise<Violation[]> {
  return await violations(
    ctx,
    `select w.subscription_id || ' ' || w.span as subject,
      'used ' || cast(w.used_usd_micros as text) || ' with ' || cast(w.late_usd_micros as text) ||
        ' of it late, but its charges are ' || cast(coalesce(sum(c.amount_usd_micros), 0) as text) as detail
    from subscription_windows w left join subscription_charges c
      on c.subscription_id = w.subscription_id and c.at >= w.started_at and c.at < w.started_at + w.length_ms
    group by w.subscription_id, w.span, w.used_usd_micros, w.late_usd_micros
    having w.used_usd_micros - w.late_usd_micros <> coalesce(sum(c.amount_usd_micros), 0)`,
  );
}

/** Subscriptions with a window too few, too many, or of a wrong length. */
export async function readMismatched(ctx: Ctx): Promise<Violation[]> {
  const ofSpan = WINDOW_SPANS.map(
    (span) => `select s.id as subject, 'its window of ${span} is not as its version says' as detail
    from user_subscriptions s join subscription_plan_versions v on v.id = s.plan_version_id
      left join subscription_windows w on w.subscription_id = s.id and w.span = '${span}'
    where coalesce(w.length_ms, 0) <> case when v.limit_${span}_usd_micros is null then 0 else ${WINDOW_MS[span]} end`,
  );
  return await violations(ctx, ofSpan.join(' union all '));
}

/** Charges of no subscription. */
export async function readOrphans(ctx: Ctx): Promise<Violation[]> {
  return await violations(
    ctx,
    `select c.id as subject, 'there is no ' || c.subscription_id as detail from subscription_charges c
    where not exists (select 1 from user_subscriptions s where s.id = c.subscription_id)`,
  );
}

/** Subscriptions whose end is not that of their last grant, or that nothing began. */
export async function readUngranted(ctx: Ctx): Promise<Violation[]> {
  return await violations(
    ctx,
    `select s.id as subject, 'ends at ' || cast(s.ends_at as text) || ', its grants at ' ||
        coalesce(cast(max(g.ends_at) as text), 'none') as detail
    from user_subscriptions s left join subscription_grants g on g.subscription_id = s.id
    group by s.id, s.ends_at, s.source
    having coalesce(max(g.ends_at), 0) <> s.ends_at
      or sum(case when g.source = s.source then 1 else 0 end) <> 1`,
  );
}

/** Subscriptions that are revoked while a grant is not, or the other way round. */
export async function readMisstated(ctx: Ctx): Promise<Violation[]> {
  return await violations(
    ctx,
    `select s.id as subject, 'is ' || s.state || ', which its grants do not say' as detail from user_subscriptions s
    where (s.state = 'revoked') = exists
      (select 1 from subscription_grants g where g.subscription_id = s.id and g.revoked_at is null)`,
  );
}

async function violations(ctx: Ctx, sql: string): Promise<Violation[]> {
  return await rawRows(
    ctx.db,
    `select subject, detail from (${sql}) as found order by subject limit ${VIOLATIONS_MAX}`,
  );
}

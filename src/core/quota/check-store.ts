import { type Ctx, rawRows } from '../database/index.ts';
import { VIOLATIONS_MAX } from '../ledger/index.ts';
import { prunedThrough } from '../usage/index.ts';

/** Amounts are text: what is wrong may be of any size. */
export interface HeldRow {
  readonly subject: string;
  readonly held: string;
  readonly leased: string;
}

const LEASED = `select payer_id, sum(granted_usd_micros - spent_usd_micros) as total from quota_leases`;

/** Balances whose `held` is not what leases of them have left, and users with leases and without a balance. */
export async function readMisheldBalances(ctx: Ctx): Promise<HeldRow[]> {
  return await rawRows<HeldRow>(
    ctx.db,
    `select coalesce(b.user_id, l.payer_id) as subject, cast(coalesce(b.held_usd_micros, 0) as text) as held,
       cast(coalesce(l.total, 0) as text) as leased
     from user_balances b full join (${LEASED} where payer_kind = 'balance' group by payer_id) l on l.payer_id = b.user_id
     where coalesce(b.held_usd_micros, 0) <> coalesce(l.total, 0)
     order by 1 limit ${VIOLATIONS_MAX}`,
  );
}

/** The same of windows: every window of a subscription holds all of its leases. */
export async function readMisheldWindows(ctx: Ctx): Promise<HeldRow[]> {
  return await rawRows<HeldRow>(
    ctx.db,
    `select w.subscription_id || ' ' || w.span as subject, cast(w.held_usd_micros as text) as held,
       cast(coalesce(l.total, 0) as text) as leased
     from subscription_windows w
       left join (${LEASED} where payer_kind = 'subscription' group by payer_id) l on l.payer_id = w.subscription_id
     where w.held_usd_micros <> coalesce(l.total, 0)
     order by 1 limit ${VIOLATIONS_MAX}`,
  );
}

export interface ChargeRow {
  readonly id: string;
  /** Who was charged, and what. */
  readonly payer: string;
  readonly amount: string;
  /** What the usage event of the request says; null where there is none. */
  readonly event_payer: string | null;
  readonly event_amount: string | null;
}

/** Transfers of usage whose request has no usage event, or one that says otherwise; older events may be deleted. */
export async function readTransfersUnlikeEvents(ctx: Ctx): Promise<ChargeRow[]> {
  return await rawRows<ChargeRow>(
    ctx.db,
    `select t.id, 'balance ' || coalesce(t.user_id, '-') as payer, cast(t.amount_usd_micros as text) as amount,
       ${EVENT_SAYS}
     from ledger_transfers t left join usage_events e on e.id = t.ref_id
     where t.kind = 'usage' and t.ref_id > ? and (e.id is null or t.id <> 'usage:' || e.id or e.payer_kind <> 'balance'
       or e.payer_id is null or e.payer_id <> t.user_id or e.charged_usd_micros <> t.amount_usd_micros)
     order by t.id limit ${VIOLATIONS_MAX}`,
    [await prunedThrough(ctx)],
  );
}

/** The same of what subscriptions were charged. */
export async function readChargesUnlikeEvents(ctx: Ctx): Promise<ChargeRow[]> {
  return await rawRows<ChargeRow>(
    ctx.db,
    `select c.id, 'subscription ' || c.subscription_id as payer, cast(c.amount_usd_micros as text) as amount,
       ${EVENT_SAYS}
     from subscription_charges c left join usage_events e on e.id = c.id
     where c.id > ? and (e.id is null or e.payer_kind <> 'subscription' or e.payer_id is null
       or e.payer_id <> c.subscription_id or e.charged_usd_micros <> c.amount_usd_micros)
     order by c.id limit ${VIOLATIONS_MAX}`,
    [await prunedThrough(ctx)],
  );
}

const EVENT_SAYS = `e.payer_kind || ' ' || coalesce(e.payer_id, '-') as event_payer,
  cast(e.charged_usd_micros as text) as event_amount`;

export interface UnchargedRow {
  readonly id: string;
  readonly payer: string;
  readonly amount: string;
  readonly transfers: number;
  readonly charges: number;
}

/** Usage events that say that something was charged, without exactly one transfer or charge for it. */
export async function readEventsUncharged(ctx: Ctx): Promise<UnchargedRow[]> {
  return await rawRows<UnchargedRow>(
    ctx.db,
    `select * from (
       select e.id, e.payer_kind || ' ' || coalesce(e.payer_id, '-') as payer, cast(e.charged_usd_micros as text) as amount,
         case when t.id is null then 0 else 1 end as transfers, case when c.id is null then 0 else 1 end as charges
       from usage_events e left join ledger_transfers t on t.id = 'usage:' || e.id
         left join subscription_charges c on c.id = e.id
       where e.charged_usd_micros <> 0
     ) as found where transfers + charges <> 1 order by id limit ${VIOLATIONS_MAX}`,
  );
}

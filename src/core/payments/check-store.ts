import { type Ctx, rawRows } from '../database/index.ts';
import { type LedgerCheck, VIOLATIONS_MAX, type Violation } from '../ledger/index.ts';

// A check compares what two rooms have written, so it reads the tables of both; nobody else does.

/** The transfer by which a paid payment came in: its own, that of its invoice, or that of its order. */
const ARRIVAL = `case
    when substr(p.reference, 1, 8) = 'invoice:' then 'invoice:' || p.id
    when exists (select 1 from ledger_transfers x where x.id = 'order:' || p.id) then 'order:' || p.id
    else 'order:' || p.order_id end`;

const NET = (account: string) => `coalesce((
    select sum(case when t.credit_account = ${account} then t.amount_usd_micros
      when t.debit_account = ${account} then -t.amount_usd_micros else 0 end)
    from ledger_transfers t where t.kind = 'reversal' and t.ref_type = 'payment' and t.ref_id = p.id), 0)`;

/** What must hold of payments and of what was done with their money. */
export const PAYMENT_CHECKS: readonly LedgerCheck[] = [
  {
    name: 'payments-posted',
    doc: 'each payment that came has a transfer of its worth, from where it came to where it went',
    find: (ctx) =>
      rows(
        ctx,
        `
      select p.id as subject, 'is worth ' || p.credited_usd_micros || ' to ' || p.credit_account || ', and ' || coalesce(
        t.id || ' moved ' || t.amount_usd_micros || ' from ' || t.debit_account || ' to ' || t.credit_account, 'moved nothing'
      ) as detail
      from payments p left join ledger_transfers t on t.id = ${ARRIVAL}
      where p.credit_account is not null and (
        t.id is null or t.amount_usd_micros <> p.credited_usd_micros
        or t.debit_account <> p.debit_account or t.credit_account <> p.credit_account
      )`,
      ),
  },
  {
    name: 'orders-have-one-payment',
    doc: 'the money of each paid order came by one payment, and every further one has a transfer of its own',
    find: (ctx) =>
      rows(
        ctx,
        `
      select p.order_id as subject, 'was paid by ' || count(*) || ' payments with one transfer' as detail
      from payments p
      where p.credit_account is not null and substr(p.reference, 1, 8) <> 'invoice:'
        and not exists (select 1 from ledger_transfers t where t.id = 'order:' || p.id)
      group by p.order_id having count(*) <> 1`,
      ),
  },
  {
    name: 'reversals-posted',
    doc: 'what of each payment was refunded or is disputed has left where the payment went, and no more of it',
    find: (ctx) =>
      rows(
        ctx,
        `
      select p.id as subject, 'says that ' || p.returned_usd_micros || ' went back and ' || p.disputed_usd_micros
        || ' is disputed; transfers say ' || ${NET('p.debit_account')} || ' and ' || ${NET(`'disputes'`)} as detail
      from payments p
      where p.credit_account is not null and (
        p.returned_usd_micros <> ${NET('p.debit_account')} or p.disputed_usd_micros <> ${NET(`'disputes'`)}
        or p.returned_usd_micros + p.disputed_usd_micros > p.credited_usd_micros
      )`,
      ),
  },
  {
    name: 'channels-add-up',
    doc: 'what each channel holds is what came by it without what went back',
    find: findChannelGaps,
  },
];

interface ChannelSum {
  readonly channel: string;
  readonly total: string;
}

/** Compared outside of the database, because a sum may pass what either of its drivers gives as a number. */
async function findChannelGaps(ctx: Ctx): Promise<readonly Violation[]> {
  const paid = await sums(
    ctx,
    `
    select debit_account as channel, cast(sum(credited_usd_micros - returned_usd_micros) as text) as total
    from payments where credit_account is not null and substr(debit_account, 1, 8) = 'channel:' group by debit_account`,
  );
  const posted = await sums(
    ctx,
    `
    select channel, cast(sum(amount) as text) as total from (
      select debit_account as channel, amount_usd_micros as amount from ledger_transfers
        where substr(debit_account, 1, 8) = 'channel:'
      union all
      select credit_account as channel, -amount_usd_micros as amount from ledger_transfers
        where substr(credit_account, 1, 8) = 'channel:'
    ) sides group by channel`,
  );
  const channels = [...new Set([...paid.keys(), ...posted.keys()])].sort((a, b) => (a < b ? -1 : 1));
  return channels.flatMap((subject) => {
    const [came, holds] = [paid.get(subject) ?? 0n, posted.get(subject) ?? 0n];
    return came === holds ? [] : [{ subject, detail: `payments make ${came}, transfers ${holds}` }];
  });
}

async function sums(ctx: Ctx, sql: string): Promise<ReadonlyMap<string, bigint>> {
  return new Map((await rawRows<ChannelSum>(ctx.db, sql)).map(({ channel, total }) => [channel, BigInt(total)]));
}

async function rows(ctx: Ctx, sql: string): Promise<readonly Violation[]> {
  return await rawRows<Violation>(ctx.db, `${sql} order by 1 limit ${VIOLATIONS_MAX}`);
}

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Subscription } from './index.ts';
import { SUBSCRIPTION_CHECKS } from './index.ts';
import { openShop, type Shop, windowLimits } from './testing/shop.ts';

let shop: Shop;
let sub: Subscription;
beforeEach(async () => {
  shop = await openShop();
  const { version } = await shop.sell({ windowLimits: windowLimits({ '5h': 1_000, '7d': 5_000 }) });
  sub = (await shop.grant(version, 'order:1')).subscription;
  await shop.charge({ id: 'req_1', subscriptionId: sub.id, usdMicros: 400 });
});
afterEach(async () => {
  await shop.close();
});

test('what was done by the verbs passes every check', async () => {
  expect(await shop.violations()).toEqual([]);
  for (const { name, doc } of SUBSCRIPTION_CHECKS) {
    expect(name).toMatch(/^subscriptions?-[a-z-]+$/);
    expect(doc).not.toBe('');
  }
});

/** What a careless hand could do to the tables, and the rule that notices. */
const FAULTS: Record<string, { sql: string; found: (id: string) => string[] }> = {
  'a window that forgot a charge': {
    sql: `update subscription_windows set used_usd_micros = 0 where span = '5h'`,
    found: (id) => [`subscription-windows-equal-charges: ${id} 5h`],
  },
  'a window that invented one': {
    sql: 'update subscription_windows set used_usd_micros = used_usd_micros + 1',
    found: (id) => [`subscription-windows-equal-charges: ${id} 5h`, `subscription-windows-equal-charges: ${id} 7d`],
  },
  'a window that is gone': {
    sql: `delete from subscription_windows where span = '7d'`,
    found: (id) => [`subscription-windows-match-plans: ${id}`],
  },
  'a window of another length': {
    sql: `update subscription_windows set length_ms = length_ms + 1 where span = '7d'`,
    found: (id) => [`subscription-windows-match-plans: ${id}`],
  },
  'a window too many': {
    sql: `insert into subscription_windows
      select subscription_id, '1d', 86400000, null, 0, 0, 0 from subscription_windows where span = '5h'`,
    found: (id) => [`subscription-windows-match-plans: ${id}`],
  },
  'a charge for nobody': {
    sql: `insert into subscription_charges (id, subscription_id, at, amount_usd_micros) values ('req_2', 'sub_x', 1, 1)`,
    found: () => ['subscription-charges-have-subscriptions: req_2'],
  },
  'an end that nothing gave': {
    sql: 'update user_subscriptions set ends_at = ends_at + 1',
    found: (id) => [`subscriptions-end-with-grants: ${id}`],
  },
  'a revocation without its grant': {
    sql: `update user_subscriptions set state = 'revoked'`,
    found: (id) => [`subscriptions-revoked-with-grants: ${id}`],
  },
  'a revoked grant that still runs': {
    sql: 'update subscription_grants set revoked_at = 1',
    found: (id) => [`subscriptions-revoked-with-grants: ${id}`],
  },
};

test.each(Object.entries(FAULTS))('%s is found, by name and row', async (_fault, { sql, found }) => {
  await shop.database.knex.raw(sql);
  expect(await shop.violations()).toEqual(found(sub.id));
});

test('a trigger that somebody took away is missed', async () => {
  const { knex, dialect } = shop.database;
  await knex.raw(
    `drop trigger subscription_charges_counted${dialect === 'postgres' ? ' on subscription_charges' : ''}`,
  );
  expect(await shop.violations()).toEqual(['subscription-triggers: subscription_charges_counted']);
});

test('sums beyond what a number holds are compared exactly', async () => {
  const huge = Number.MAX_SAFE_INTEGER;
  const row = { subscriptionId: sub.id, usdMicros: huge };
  await shop.charge({ id: 'req_2', ...row }, { id: 'req_3', ...row });
  expect(await shop.violations()).toEqual([]);
  await shop.database.knex.raw(
    `update subscription_windows set used_usd_micros = used_usd_micros - 1 where span = '5h'`,
  );
  expect(await shop.violations()).toEqual([`subscription-windows-equal-charges: ${sub.id} 5h`]);
});

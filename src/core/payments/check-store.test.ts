import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rawRows } from '../database/index.ts';
import { applyFacts } from './apply-facts.ts';
import { createSubscriptionOrder } from './open-order.ts';
import { type PaymentScene, paidFact, paymentScene } from './testing/payment-scene.ts';

let scene: PaymentScene;

beforeEach(async () => {
  scene = await paymentScene();
});
afterEach(async () => await scene.close());

/** What no verb does: somebody works on the tables behind the back of the program. */
async function tamper(sql: string, trigger: string, table: string): Promise<void> {
  const { dialect, knex } = scene.database;
  if (dialect === 'sqlite') {
    const [row] = await rawRows<{ sql: string }>(knex, `select sql from sqlite_master where name = '${trigger}'`);
    await knex.raw(`drop trigger ${trigger}`);
    await knex.raw(sql);
    await knex.raw(row?.sql ?? '');
    return;
  }
  await knex.raw(`alter table ${table} disable trigger ${trigger}`);
  await knex.raw(sql);
  await knex.raw(`alter table ${table} enable trigger ${trigger}`);
}

const found = async () => [...new Set((await scene.violations()).map((line) => line.split(':')[0]))];

async function paidOrders(): Promise<void> {
  const { payment } = await scene.topup();
  await scene.plan();
  const plan = await createSubscriptionOrder(scene.cashier, { userId: scene.user.id, plan: 'pro', channel: 'main' });
  await applyFacts(scene.cashier, scene.channel, [paidFact(payment), paidFact(await scene.begin(plan))]);
  expect(await scene.violations()).toEqual([]);
}

describe('the checks find', () => {
  test('an order that says it is paid and has no money', async () => {
    await scene.topup();
    await scene.database.knex('topup_orders').update({ state: 'fulfilled' });
    expect(await found()).toEqual(['orders-paid-once']);
  });

  test('an order that is paid with another amount, and the channel that does not add up', async () => {
    await paidOrders();
    await tamper(
      `update ledger_transfers set amount_usd_micros = 1 where credit_account = 'revenue:plans'`,
      'ledger_transfers_no_update',
      'ledger_transfers',
    );
    expect(await found()).toEqual(['orders-paid-once', 'payments-posted', 'channels-add-up']);
  });

  test('an order that was given back its old state', async () => {
    await paidOrders();
    await scene.database.knex('topup_orders').update({ state: 'canceled' });
    expect(await found()).toEqual(['orders-unpaid-without-money']);
  });

  test('a plan that was paid and not granted', async () => {
    await paidOrders();
    await tamper('delete from subscription_grants', 'subscription_grants_no_delete', 'subscription_grants');
    expect(await found()).toContain('plans-granted');
  });

  test('a refund that is not posted', async () => {
    await paidOrders();
    await scene.database.knex('payments').where({ order_kind: 'topup' }).update({ returned_usd_micros: 5 });
    expect(await found()).toEqual(['reversals-posted', 'channels-add-up']);
  });

  test('a payment that counts itself as the one of an order that has one', async () => {
    await paidOrders();
    const row = (await scene.database.knex('payments').where({ order_kind: 'topup' }).first()) as Record<
      string,
      unknown
    >;
    await scene.database.knex('payments').insert({ ...row, id: 'pay_twice', reference: 'twice' });
    expect(await found()).toEqual(['orders-have-one-payment', 'channels-add-up']);
  });

  test('a trigger that is gone', async () => {
    const on = scene.database.dialect === 'postgres' ? ' on topup_orders' : '';
    await scene.database.knex.raw(`drop trigger topup_orders_frozen${on}`);
    expect(await found()).toEqual(['orders-triggers']);
  });
});

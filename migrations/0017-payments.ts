import type { Knex } from 'knex';
import { count, flag, id, idMemo, idRef, instant, json, micros, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const payments: Migration = {
  name: '0017-payments',
  async up(knex) {
    await knex.schema.createTable('payment_channels', (t) => {
      id(t);
      text(t, 'name').unique();
      text(t, 'provider');
      flag(t, 'enabled');
      flag(t, 'livemode');
      flag(t, 'allow_private');
      json(t, 'settings');
      // JSON sealed by the keyring; '' when there are none.
      text(t, 'secrets');
      text(t, 'managed_by');
      instant(t, 'created_at');
    });
    await createPayments(knex);
    await knex.schema.createTable('refunds', (t) => {
      id(t);
      idRef(t, 'payment_id', 'payments');
      idMemo(t, 'order_id');
      idMemo(t, 'channel_id');
      count(t, 'amount_minor');
      text(t, 'currency');
      text(t, 'state');
      text(t, 'refund_ref').nullable();
      text(t, 'reason');
      text(t, 'actor');
      text(t, 'error').nullable();
      count(t, 'asked');
      instant(t, 'next_at').nullable();
      instant(t, 'created_at');
      instant(t, 'updated_at');
      t.check('amount_minor > 0', [], 'refunds_worth');
      t.index(['payment_id'], 'refunds_payment');
      t.index(['order_id'], 'refunds_order');
      t.index(['next_at'], 'refunds_next');
    });
    await createInbox(knex);
  },
};

async function createPayments(knex: Knex): Promise<void> {
  await knex.schema.createTable('payments', (t) => {
    id(t);
    text(t, 'order_kind');
    idMemo(t, 'order_id');
    idRef(t, 'channel_id', 'payment_channels');
    // What the provider knows it by; an invoice of a renewed subscription has one of its own.
    text(t, 'reference');
    text(t, 'provider_ref').nullable();
    text(t, 'payment_ref').nullable();
    text(t, 'subscription_ref').nullable();
    text(t, 'state');
    // Whether the provider goes on to collect: none, running or ended.
    text(t, 'renewal');
    // Somebody said that it was paid; the provider knows nothing of it.
    flag(t, 'by_hand');
    count(t, 'amount_minor');
    text(t, 'currency');
    text(t, 'pay_url').nullable();
    text(t, 'qr_text').nullable();
    // Where the money came from and went to, once it is paid; what takes it back goes the same way.
    text(t, 'debit_account').nullable();
    text(t, 'credit_account').nullable();
    micros(t, 'credited_usd_micros');
    // What the provider says was taken back, and what of it is posted.
    count(t, 'refunded_minor');
    count(t, 'disputed_minor');
    text(t, 'dispute_state');
    micros(t, 'returned_usd_micros');
    micros(t, 'disputed_usd_micros');
    count(t, 'reversals');
    instant(t, 'reversal_as_of').nullable();
    instant(t, 'subscription_as_of').nullable();
    count(t, 'asked');
    instant(t, 'next_ask_at').nullable();
    instant(t, 'created_at');
    instant(t, 'paid_at').nullable();
    t.unique(['channel_id', 'reference']);
    t.index(['order_id'], 'payments_order');
    t.index(['channel_id', 'payment_ref'], 'payments_ref');
    t.index(['channel_id', 'subscription_ref'], 'payments_subscription');
    t.index(['next_ask_at'], 'payments_next_ask');
  });
}

async function createInbox(knex: Knex): Promise<void> {
  await knex.schema.createTable('payment_events', (t) => {
    id(t);
    idRef(t, 'channel_id', 'payment_channels');
    text(t, 'event_key');
    text(t, 'type');
    // With secrets and signatures masked.
    text(t, 'shown');
    json(t, 'facts');
    text(t, 'state');
    text(t, 'verdict');
    text(t, 'error').nullable();
    idMemo(t, 'order_id').nullable();
    count(t, 'deliveries');
    count(t, 'attempts');
    instant(t, 'next_at').nullable();
    instant(t, 'received_at');
    instant(t, 'updated_at');
    t.unique(['channel_id', 'event_key']);
    t.index(['order_id'], 'payment_events_order');
    t.index(['state', 'next_at'], 'payment_events_next');
  });
  await knex.schema.createTable('recon_items', (t) => {
    id(t);
    // One difference is one row, however often it is found.
    text(t, 'subject').unique();
    text(t, 'kind');
    text(t, 'state');
    text(t, 'detail');
    idMemo(t, 'channel_id').nullable();
    idMemo(t, 'order_id').nullable();
    text(t, 'note').nullable();
    instant(t, 'created_at');
    instant(t, 'seen_at');
    t.index(['state'], 'recon_items_state');
  });
}

import { instant } from './columns.ts';
import type { Migration } from './migration.ts';

export const paymentPages: Migration = {
  name: '0024-payment-pages',
  async up(knex) {
    await knex.schema.alterTable('payments', (t) => {
      // Until when the provider takes `pay_url`; null: as long as it can be paid.
      instant(t, 'pay_url_until').nullable();
    });
  },
};

import { instant, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const settings: Migration = {
  name: '0001-settings',
  async up(knex) {
    await knex.schema.createTable('app_settings', (t) => {
      text(t, 'key').primary();
      text(t, 'value');
      instant(t, 'updated_at');
    });
  },
};

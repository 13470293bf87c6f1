import { count } from './columns.ts';
import type { Migration } from './migration.ts';

export const changeMarks: Migration = {
  name: '0002-database-change-marks',
  async up(knex) {
    await knex.schema.createTable('change_marks', (t) => {
      t.text('topic').notNullable().primary();
      count(t, 'revision');
    });
  },
};

import { id, instant, json, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const audit: Migration = {
  name: '0003-audit',
  async up(knex) {
    await knex.schema.createTable('audit_events', (t) => {
      id(t);
      instant(t, 'at');
      text(t, 'actor');
      text(t, 'action');
      text(t, 'object');
      text(t, 'reason').nullable();
      json(t, 'detail');
    });
  },
};

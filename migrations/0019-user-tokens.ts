import { id, idRef, instant, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const userTokens: Migration = {
  name: '0019-user-tokens',
  async up(knex) {
    await knex.schema.createTable('user_tokens', (t) => {
      id(t);
      idRef(t, 'user_id', 'users').index();
      text(t, 'name').nullable();
      text(t, 'hash').unique();
      text(t, 'hint');
      instant(t, 'expires_at').nullable();
      instant(t, 'created_at');
      instant(t, 'last_used_at').nullable();
    });
  },
};

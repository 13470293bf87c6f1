import { count, id, idMemo, instant, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const scheduling: Migration = {
  name: '0010-scheduling',
  async up(knex) {
    await knex.schema.createTable('cooldowns', (t) => {
      id(t);
      text(t, 'scope');
      text(t, 'subject');
      instant(t, 'until');
      text(t, 'reason');
      text(t, 'evidence');
      text(t, 'source');
      count(t, 'rung');
      instant(t, 'created_at');
      instant(t, 'ended_at').nullable();
      text(t, 'ended_why').nullable();
      t.index(['until'], 'cooldowns_until');
    });
    await knex.schema.createTable('session_bindings', (t) => {
      id(t, 'session_key');
      idMemo(t, 'credential_id');
      instant(t, 'expires_at');
      t.index(['expires_at'], 'session_bindings_expires');
    });
    await knex.schema.createTable('openai_object_refs', (t) => {
      id(t, 'object_id');
      idMemo(t, 'user_id');
      idMemo(t, 'credential_id');
      instant(t, 'expires_at');
      t.index(['expires_at'], 'openai_object_refs_expires');
    });
  },
};

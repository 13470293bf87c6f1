import type { Knex } from 'knex';
import { count, flag, id, idRef, instant, json, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const identity: Migration = {
  name: '0004-identity',
  async up(knex) {
    await knex.schema.createTable('users', (t) => {
      id(t);
      text(t, 'name').unique();
      text(t, 'role');
      text(t, 'status');
      rateLimits(t);
      instant(t, 'created_at');
    });
    await knex.schema.createTable('api_keys', (t) => {
      id(t);
      idRef(t, 'user_id', 'users');
      text(t, 'name');
      text(t, 'hash').unique();
      text(t, 'hint');
      flag(t, 'enabled');
      instant(t, 'not_before').nullable();
      instant(t, 'expires_at').nullable();
      json(t, 'allowed_models');
      json(t, 'allowed_ips');
      json(t, 'group_names');
      rateLimits(t);
      text(t, 'disconnect_policy').nullable();
      instant(t, 'created_at');
      instant(t, 'last_used_at').nullable();
      t.unique(['user_id', 'name']);
    });
    await knex.schema.createTable('admin_tokens', (t) => {
      id(t);
      text(t, 'name').unique();
      text(t, 'role');
      text(t, 'hash').unique();
      text(t, 'hint');
      instant(t, 'expires_at').nullable();
      instant(t, 'created_at');
    });
  },
};

function rateLimits(t: Knex.TableBuilder): void {
  count(t, 'rpm').nullable();
  count(t, 'tpm').nullable();
  count(t, 'concurrency').nullable();
}

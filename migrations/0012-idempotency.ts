import { count, id, idMemo, instant, json, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const idempotency: Migration = {
  name: '0012-idempotency',
  async up(knex) {
    await knex.schema.createTable('idempotent_requests', (t) => {
      // SHA-256 of key id and Idempotency-Key.
      id(t, 'scope_hash');
      text(t, 'body_hash');
      idMemo(t, 'request_id');
      count(t, 'status');
      json(t, 'headers');
      // Base64 of the answer; null when it was larger than what is kept.
      text(t, 'body').nullable();
      instant(t, 'expires_at');
      t.index(['expires_at'], 'idempotent_requests_expires');
    });
  },
};

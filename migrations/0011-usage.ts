import { count, flag, id, idMemo, instant, json, micros, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const usage: Migration = {
  name: '0011-usage',
  async up(knex) {
    await knex.schema.createTable('usage_events', (t) => {
      id(t);
      instant(t, 'at');
      idMemo(t, 'user_id');
      idMemo(t, 'key_id');
      text(t, 'endpoint');
      text(t, 'model');
      text(t, 'upstream_model').nullable();
      text(t, 'served_model').nullable();
      idMemo(t, 'upstream_id').nullable();
      idMemo(t, 'credential_id').nullable();
      text(t, 'group_name').nullable();
      count(t, 'multiplier_ppm');
      text(t, 'outcome');
      count(t, 'status');
      text(t, 'error_code').nullable();
      flag(t, 'stream');
      count(t, 'attempts');
      count(t, 'input_tokens').nullable();
      count(t, 'cached_input_tokens').nullable();
      count(t, 'cache_write_5m_tokens').nullable();
      count(t, 'cache_write_1h_tokens').nullable();
      count(t, 'output_tokens').nullable();
      count(t, 'reasoning_tokens').nullable();
      text(t, 'usage_source');
      text(t, 'service_tier').nullable();
      idMemo(t, 'price_id').nullable();
      micros(t, 'cost_usd_micros').nullable();
      count(t, 'duration_ms');
      count(t, 'first_output_ms').nullable();
      count(t, 'request_bytes');
      count(t, 'response_bytes');
      // The id sorts by time, so the primary key serves every list; one index more for a user's own view.
      t.index(['user_id', 'id'], 'usage_events_user');
    });
    await knex.schema.createTable('request_decisions', (t) => {
      id(t);
      json(t, 'document');
    });
  },
};

import type { Knex } from 'knex';
import { count, flag, id, idRef, instant, micros, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const models: Migration = {
  name: '0006-models',
  async up(knex) {
    await knex.schema.createTable('managed_models', (t) => {
      id(t);
      text(t, 'public_id').unique();
      flag(t, 'enabled');
      text(t, 'owned_by');
      count(t, 'max_output_tokens').nullable();
      count(t, 'context_tokens').nullable();
      instant(t, 'created_at');
    });
    await knex.schema.createTable('model_aliases', (t) => {
      t.text('alias').notNullable().primary();
      idRef(t, 'model_id', 'managed_models', 'cascade');
      t.index(['model_id']);
    });
    await knex.schema.createTable('channel_models', (t) => {
      idRef(t, 'model_id', 'managed_models', 'cascade');
      idRef(t, 'upstream_id', 'upstreams', 'cascade');
      text(t, 'upstream_model');
      flag(t, 'enabled');
      t.primary(['model_id', 'upstream_id']);
      t.index(['upstream_id']);
    });
    await createPrices(knex);
  },
};

async function createPrices(knex: Knex): Promise<void> {
  await knex.schema.createTable('model_prices', (t) => {
    id(t);
    idRef(t, 'model_id', 'managed_models', 'cascade');
    instant(t, 'effective_from');
    for (const rate of RATES) micros(t, rate);
    // A tier that the model lacks is null in all of its columns.
    for (const rate of RATES) micros(t, `priority_${rate}`).nullable();
    count(t, 'high_context_above_tokens').nullable();
    for (const rate of RATES) micros(t, `high_context_${rate}`).nullable();
    t.unique(['model_id', 'effective_from']);
  });
}

const RATES = ['input', 'cached_input', 'cache_write_5m', 'cache_write_1h', 'output'];

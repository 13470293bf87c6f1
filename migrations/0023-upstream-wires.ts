import { json } from './columns.ts';
import type { Migration } from './migration.ts';

export const upstreamWires: Migration = {
  name: '0023-upstream-wires',
  async up(knex) {
    await knex.schema.alterTable('upstreams', (t) => {
      // Which APIs it offers. All there were so far were of the kind openai.
      json(t, 'wires').defaultTo('["chat","responses"]');
    });
  },
};

import type { Knex } from 'knex';
import { count, flag, id, idRef, instant, json, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const upstreams: Migration = {
  name: '0005-upstreams',
  revision: 2,
  async up(knex) {
    await createUpstreams(knex);
    await createGroups(knex);
  },
};

async function createUpstreams(knex: Knex): Promise<void> {
  await knex.schema.createTable('upstreams', (t) => {
    id(t);
    text(t, 'name').unique();
    text(t, 'kind');
    flag(t, 'enabled');
    count(t, 'priority');
    count(t, 'weight');
    flag(t, 'allow_private');
    flag(t, 'allow_http');
    json(t, 'param_override');
    // JSON sealed by the keyring, because headers may hold secrets; '' when there are none.
    text(t, 'header_override');
    json(t, 'error_rules');
    flag(t, 'inject_stream_usage');
    instant(t, 'created_at');
  });
  await knex.schema.createTable('upstream_endpoints', (t) => {
    id(t);
    idRef(t, 'upstream_id', 'upstreams', 'cascade');
    text(t, 'base_url');
    count(t, 'priority');
    flag(t, 'enabled');
    t.unique(['upstream_id', 'base_url']);
  });
  await knex.schema.createTable('credentials', (t) => {
    id(t);
    idRef(t, 'upstream_id', 'upstreams', 'cascade');
    text(t, 'name');
    // Sealed by the keyring, like proxy_url.
    text(t, 'secret');
    text(t, 'hint');
    text(t, 'fingerprint');
    flag(t, 'enabled');
    count(t, 'weight');
    text(t, 'proxy_url').nullable();
    count(t, 'rpm').nullable();
    count(t, 'tpm').nullable();
    count(t, 'concurrency').nullable();
    json(t, 'model_limits');
    instant(t, 'expires_at').nullable();
    instant(t, 'created_at');
    t.unique(['upstream_id', 'name']);
  });
}

async function createGroups(knex: Knex): Promise<void> {
  await knex.schema.createTable('channel_groups', (t) => {
    id(t);
    text(t, 'name').unique();
    flag(t, 'enabled');
    count(t, 'multiplier_ppm');
    instant(t, 'created_at');
  });
  await knex.schema.createTable('channel_group_members', (t) => {
    idRef(t, 'group_id', 'channel_groups', 'cascade');
    count(t, 'position');
    // Exactly one of the two is set.
    idRef(t, 'upstream_id', 'upstreams', 'cascade').nullable();
    idRef(t, 'member_group_id', 'channel_groups').nullable();
    t.primary(['group_id', 'position']);
    t.index(['upstream_id']);
    t.index(['member_group_id']);
  });
}

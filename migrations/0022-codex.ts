import { count, flag, id, idRef, instant, json, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const codex: Migration = {
  name: '0022-codex',
  async up(knex) {
    await knex.schema.createTable('codex_accounts', (t) => {
      // Its access token is the secret of the credential.
      idRef(t, 'credential_id', 'credentials', 'cascade').primary();
      text(t, 'account_id');
      text(t, 'user_id');
      text(t, 'email').nullable();
      text(t, 'plan').nullable();
      flag(t, 'is_fedramp');
      // Both sealed by the keyring.
      text(t, 'refresh_token');
      text(t, 'id_token').nullable();
      // Of the access token, as its credential has it.
      text(t, 'fingerprint');
      instant(t, 'access_expires_at').nullable();
      instant(t, 'last_refresh_at');
      // Grows with every change of the tokens.
      count(t, 'version');
      text(t, 'state');
      text(t, 'why').nullable();
      // Whoever may use the refresh token now.
      text(t, 'lease_owner').nullable();
      instant(t, 'lease_until').nullable();
      json(t, 'limits').nullable();
      instant(t, 'limits_at').nullable();
      instant(t, 'next_usage_at');
      instant(t, 'created_at');
      instant(t, 'updated_at').index('codex_accounts_updated');
      t.unique(['account_id', 'user_id']);
    });
    await knex.schema.createTable('codex_window_resets', (t) => {
      id(t);
      t.text('credential_id').notNullable().references('credential_id').inTable('codex_accounts').onDelete('cascade');
      text(t, 'limit_id');
      count(t, 'window_minutes');
      // Of what the window held, in hundredths of a percent, when it was last seen.
      count(t, 'used_bp');
      instant(t, 'seen_at');
      instant(t, 'reset_at');
      t.unique(['credential_id', 'limit_id', 'window_minutes', 'reset_at'], {
        indexName: 'codex_window_resets_window',
      });
    });
    await knex.schema.createTable('codex_logins', (t) => {
      id(t);
      idRef(t, 'upstream_id', 'upstreams', 'cascade');
      text(t, 'method');
      // Whoever began it, and nobody else may finish it.
      text(t, 'actor');
      text(t, 'credential_name').nullable();
      // JSON sealed by the keyring: state and verifier, or the codes of the device.
      text(t, 'secrets');
      text(t, 'redirect_uri');
      instant(t, 'next_poll_at');
      instant(t, 'expires_at');
      instant(t, 'created_at');
    });
  },
};

import { refuseChanges } from './append-only.ts';
import { count, flag, id, idMemo, idRef, instant, micros, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const redemption: Migration = {
  name: '0018-redemption',
  async up(knex) {
    // What was promised when codes were made. It never changes: a code keeps its word or is disabled.
    await knex.schema.createTable('redemption_batches', (t) => {
      id(t);
      text(t, 'name');
      micros(t, 'amount_usd_micros').nullable();
      idMemo(t, 'plan_version_id').nullable();
      count(t, 'codes');
      count(t, 'max_per_user').nullable();
      instant(t, 'expires_at').nullable();
      text(t, 'created_by');
      instant(t, 'created_at');
      t.check(ONE_REWARD, [], 'redemption_batches_one_reward');
    });
    await knex.schema.createTable('redemption_codes', (t) => {
      id(t);
      idRef(t, 'batch_id', 'redemption_batches').index('redemption_codes_batch');
      text(t, 'hash').unique();
      text(t, 'hint').index('redemption_codes_hint');
      count(t, 'max_redemptions').nullable();
      count(t, 'redeemed').defaultTo(0);
      flag(t, 'enabled').defaultTo(1);
      t.check(
        'redeemed >= 0 and (max_redemptions is null or redeemed <= max_redemptions)',
        [],
        'redemption_codes_room',
      );
    });
    // How often a user has redeemed codes of a batch: what the limit for each user is counted by.
    await knex.schema.createTable('redemption_users', (t) => {
      idRef(t, 'batch_id', 'redemption_batches');
      idMemo(t, 'user_id');
      count(t, 'redeemed');
      t.primary(['batch_id', 'user_id']);
    });
    await knex.schema.createTable('redemptions', (t) => {
      // Also the id of the transfer or the source of the grant that it caused: `redeem:<code>:<user>:<n>`.
      id(t);
      instant(t, 'at');
      idRef(t, 'code_id', 'redemption_codes').index('redemptions_code');
      idMemo(t, 'batch_id');
      idMemo(t, 'user_id');
      // The first, second, … of this user in this batch.
      count(t, 'nth');
      t.unique(['batch_id', 'user_id', 'nth'], { indexName: 'redemptions_nth' });
    });
    await refuseChanges(knex, 'redemption_batches');
    await refuseChanges(knex, 'redemption_codes', ['id', 'batch_id', 'hash', 'hint', 'max_redemptions']);
    await refuseChanges(knex, 'redemptions');
  },
};

const ONE_REWARD = `(amount_usd_micros is not null and amount_usd_micros > 0 and plan_version_id is null)
  or (amount_usd_micros is null and plan_version_id is not null)`;

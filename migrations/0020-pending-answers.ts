import { count, id, idMemo, instant, json, text } from './columns.ts';
import type { Migration } from './migration.ts';

export const pendingAnswers: Migration = {
  name: '0020-pending-answers',
  async up(knex) {
    // Answers that a provider makes in the background: their requests are booked, and priced when they are done.
    await knex.schema.createTable('pending_answers', (t) => {
      id(t, 'request_id');
      // A provider's id: another provider may have the same.
      text(t, 'object_id').index('pending_answers_object');
      idMemo(t, 'credential_id');
      // In force when the request came; null when its model has none.
      json(t, 'price').nullable();
      instant(t, 'created_at');
      instant(t, 'next_at').index('pending_answers_next');
      count(t, 'attempts');
    });
  },
};

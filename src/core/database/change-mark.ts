import type { Ctx } from './database.ts';
import { inTransaction } from './in-transaction.ts';

export const CHANGE_TOPICS = ['settings', 'identity', 'models', 'upstreams', 'subscriptions'] as const;
/** What a daemon holds a snapshot of. */
export type ChangeTopic = (typeof CHANGE_TOPICS)[number];

/**
 * Runs `fn` in a transaction that has marked `topic` first. The mark is a row that every writer of the topic updates, so
 * writers come one after the other on both databases: what `fn` checks (the last root, a name in two tables, a cycle of
 * groups) still holds when it commits.
 */
export async function inChange<T>(ctx: Ctx, topic: ChangeTopic, fn: (ctx: Ctx) => Promise<T>): Promise<T> {
  return await inTransaction(ctx, async (tx) => {
    await markChanged(tx, topic);
    return await fn(tx);
  });
}

/** Tells every daemon on this database that its snapshot of `topic` is old, once the transaction commits. */
export async function markChanged(ctx: Ctx, topic: ChangeTopic): Promise<void> {
  await ctx
    .db('change_marks')
    .insert({ topic, revision: 1 })
    .onConflict('topic')
    .merge({ revision: ctx.db.raw('change_marks.revision + 1') });
}

/** The revision of each topic; it only grows. Read it before the snapshot, so that a change in between is seen next time. */
export async function readChangeMarks(ctx: Ctx): Promise<Record<ChangeTopic, number>> {
  const rows: { topic: ChangeTopic; revision: number }[] = await ctx.db('change_marks').select('topic', 'revision');
  const revisions = new Map(rows.map((row) => [row.topic, row.revision]));
  return {
    settings: revisions.get('settings') ?? 0,
    identity: revisions.get('identity') ?? 0,
    models: revisions.get('models') ?? 0,
    upstreams: revisions.get('upstreams') ?? 0,
    subscriptions: revisions.get('subscriptions') ?? 0,
  };
}

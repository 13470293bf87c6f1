import type { Ctx } from './database.ts';

/**
 * Runs `fn` on the state of one moment, however long it reads: what others commit meanwhile is not seen. It may only
 * read. On SQLite everyone else waits meanwhile, so give it one question at a time.
 */
export async function inSnapshot<T>(ctx: Ctx, fn: (ctx: Ctx) => Promise<T>): Promise<T> {
  if (ctx.db.client.dialect !== 'postgresql') return await ctx.db.transaction(async (db) => await fn({ ...ctx, db }));
  return await ctx.db.transaction(
    async (db) => {
      // A sum over all there ever was takes longer than any statement of a request may.
      await db.raw('set local statement_timeout = 0');
      return await fn({ ...ctx, db });
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}

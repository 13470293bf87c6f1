import type { Ctx } from './database.ts';

/**
 * Runs `fn` with a ctx whose `db` is a transaction: committed when it resolves, rolled back when it throws. Inside of a
 * transaction already, it joins that one, so an error must reach the outermost call: PostgreSQL takes no further
 * statement after a failed one. Let nothing but database work happen inside; on SQLite everyone else waits.
 */
export async function inTransaction<T>(ctx: Ctx, fn: (ctx: Ctx) => Promise<T>): Promise<T> {
  if (ctx.db.isTransaction === true) return await fn(ctx);
  return await ctx.db.transaction(async (db) => await fn({ ...ctx, db }));
}

import type { Ctx } from '../database/index.ts';
import type { UserId } from '../ids.ts';
import type { PageRequest } from '../page.ts';

/** Rows of a table that users own, newest first, with one more than the page holds; of one user, or of all. */
export async function readNewestRows<Row>(
  ctx: Ctx,
  table: 'api_keys' | 'user_tokens',
  { userId }: { readonly userId?: UserId | undefined },
  { limit, after }: PageRequest,
): Promise<readonly Row[]> {
  const query = ctx
    .db(table)
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (userId !== undefined) query.where({ user_id: userId });
  if (after !== undefined) query.where('id', '<', after);
  return await query;
}

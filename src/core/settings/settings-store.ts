import type { Ctx } from '../database/index.ts';

/** All rows, also of keys that are not known here. */
export async function readSettings(ctx: Ctx): Promise<Map<string, string>> {
  const rows: { key: string; value: string }[] = await ctx.db('app_settings').select('key', 'value').orderBy('key');
  return new Map(rows.map((row) => [row.key, row.value]));
}

export async function writeSetting(ctx: Ctx, key: string, value: string): Promise<void> {
  const row = { key, value, updated_at: ctx.clock.now() };
  await ctx.db('app_settings').insert(row).onConflict('key').merge();
}

/** False when there was no such row. */
export async function deleteSetting(ctx: Ctx, key: string): Promise<boolean> {
  return (await ctx.db('app_settings').where({ key }).delete()) > 0;
}

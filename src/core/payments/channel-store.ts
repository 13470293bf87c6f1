import type { Ctx } from '../database/index.ts';
import type { ChannelId } from '../ids.ts';
import { epochMs } from '../time.ts';
import type { Manager, SealedChannel } from './channel.ts';

interface ChannelRow {
  readonly id: ChannelId;
  readonly name: string;
  readonly provider: string;
  readonly enabled: number;
  readonly livemode: number;
  readonly allow_private: number;
  readonly settings: string;
  readonly secrets: string;
  readonly managed_by: Manager;
  readonly created_at: number;
}

/** False when the name is taken. */
export async function insertChannel(ctx: Ctx, channel: SealedChannel): Promise<boolean> {
  const insert = ctx.db('payment_channels').insert(toRow(channel));
  const done: unknown[] = await insert.onConflict('name').ignore().returning('id');
  return done.length > 0;
}

export async function updateChannel(ctx: Ctx, channel: SealedChannel): Promise<void> {
  const { id, ...row } = toRow(channel);
  await ctx.db('payment_channels').where({ id }).update(row);
}

export async function deleteChannel(ctx: Ctx, id: ChannelId): Promise<void> {
  await ctx.db('payment_channels').where({ id }).delete();
}

export async function readChannel(ctx: Ctx, id: ChannelId): Promise<SealedChannel | undefined> {
  const row: ChannelRow | undefined = await ctx.db('payment_channels').where({ id }).first();
  return row && fromRow(row);
}

/** The same, held until the transaction ends where the database can hold a row. */
export async function lockChannel(ctx: Ctx, id: ChannelId): Promise<SealedChannel | undefined> {
  const row: ChannelRow | undefined = await ctx.db('payment_channels').where({ id }).forUpdate().first();
  return row && fromRow(row);
}

/** All of them, by name: there are few. */
export async function readChannels(ctx: Ctx): Promise<SealedChannel[]> {
  const rows: ChannelRow[] = await ctx.db('payment_channels').orderBy('name');
  return rows.map(fromRow);
}

/** Of channels that are sealed, but not under the key that `prefix` names. */
export async function readSealedOtherwise(
  ctx: Ctx,
  prefix: string,
  limit: number,
  after: string,
): Promise<SealedChannel[]> {
  const rows: ChannelRow[] = await ctx
    .db('payment_channels')
    .whereNot({ secrets: '' })
    .whereNot('secrets', 'like', `${prefix}%`)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit);
  return rows.map(fromRow);
}

/** False when somebody set other secrets meanwhile. */
export async function replaceSealed(ctx: Ctx, id: ChannelId, before: string, after: string): Promise<boolean> {
  return (await ctx.db('payment_channels').where({ id, secrets: before }).update({ secrets: after })) > 0;
}

export async function countSealedChannels(ctx: Ctx): Promise<number> {
  const row = await ctx.db('payment_channels').whereNot({ secrets: '' }).count({ total: '*' }).first();
  return Number(row?.total ?? 0);
}

function toRow(channel: SealedChannel): ChannelRow {
  return {
    id: channel.id,
    name: channel.name,
    provider: channel.provider,
    enabled: Number(channel.enabled),
    livemode: Number(channel.livemode),
    allow_private: Number(channel.allowPrivate),
    settings: JSON.stringify(channel.settings),
    secrets: channel.sealed,
    managed_by: channel.managedBy,
    created_at: channel.createdAt,
  };
}

function fromRow(row: ChannelRow): SealedChannel {
  return {
    id: row.id,
    name: row.name,
    provider: row.provider,
    enabled: row.enabled === 1,
    livemode: row.livemode === 1,
    allowPrivate: row.allow_private === 1,
    settings: JSON.parse(row.settings) as Record<string, unknown>,
    sealed: row.secrets,
    managedBy: row.managed_by,
    createdAt: epochMs(row.created_at),
  };
}

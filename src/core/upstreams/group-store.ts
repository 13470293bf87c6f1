import type { Ctx } from '../database/index.ts';
import { groupBy } from '../group-by.ts';
import type { GroupId, UpstreamId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { REFS_MAX, type Ref } from '../pick-by-ref.ts';
import { epochMs } from '../time.ts';
import type { Group, GroupMember } from './upstream.ts';

interface GroupRow {
  readonly id: GroupId;
  readonly name: string;
  readonly enabled: number;
  readonly multiplier_ppm: number;
  readonly created_at: number;
}

interface MemberRow {
  readonly group_id: GroupId;
  readonly position: number;
  readonly upstream_id: UpstreamId | null;
  readonly member_group_id: GroupId | null;
}

export type BareGroup = Omit<Group, 'members'>;

const CHUNK = 100;

/** False when the name is taken. */
export async function insertGroup(ctx: Ctx, group: BareGroup): Promise<boolean> {
  const insert = ctx.db('channel_groups').insert(toRow(group));
  const done: unknown[] = await insert.onConflict('name').ignore().returning('id');
  return done.length > 0;
}

export async function updateGroup(ctx: Ctx, group: BareGroup): Promise<void> {
  await ctx.db('channel_groups').where({ id: group.id }).update(toRow(group));
}

export async function deleteGroup(ctx: Ctx, id: GroupId): Promise<void> {
  await ctx.db('channel_groups').where({ id }).delete();
}

export async function replaceMembers(ctx: Ctx, id: GroupId, members: readonly GroupMember[]): Promise<void> {
  await ctx.db('channel_group_members').where({ group_id: id }).delete();
  const rows = members.map((member, position) => toMemberRow(id, member, position));
  for (let start = 0; start < rows.length; start += CHUNK) {
    await ctx.db('channel_group_members').insert(rows.slice(start, start + CHUNK));
  }
}

export async function readGroup(ctx: Ctx, id: string): Promise<Group | undefined> {
  const rows: GroupRow[] = await ctx.db('channel_groups').where({ id });
  return (await complete(ctx, rows, true))[0];
}

export async function readGroupPage(ctx: Ctx, { limit, after }: PageRequest): Promise<Page<Group>> {
  const query = ctx
    .db('channel_groups')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (after !== undefined) query.where('id', '<', after);
  const rows: GroupRow[] = await query;
  return cutPage(await complete(ctx, rows, true), limit);
}

export async function readAllGroups(ctx: Ctx): Promise<Group[]> {
  const rows: GroupRow[] = await ctx.db('channel_groups').orderBy('id');
  return await complete(ctx, rows, false);
}

/** The rows that `ref` could mean: exact ones, else all of them for prefixes and suggestions. */
export async function readGroupRefs(ctx: Ctx, ref: string): Promise<Ref[]> {
  const rows = () => ctx.db('channel_groups').select('id', 'name').orderBy('id', 'desc').limit(REFS_MAX);
  const exact: Ref[] = await rows().where({ id: ref }).orWhere({ name: ref });
  return exact.length > 0 ? exact : await rows();
}

async function complete(ctx: Ctx, rows: readonly GroupRow[], onlyThese: boolean): Promise<Group[]> {
  const query = ctx.db('channel_group_members').orderBy('position');
  const ids = rows.map((row) => row.id);
  const members: MemberRow[] = await (onlyThese ? query.whereIn('group_id', ids) : query);
  const membersOf = groupBy(members, (row) => row.group_id);
  return rows.map((row) => ({ ...fromRow(row), members: (membersOf.get(row.id) ?? []).flatMap(toMember) }));
}

function toRow({ id, name, enabled, multiplierPpm, createdAt }: BareGroup): GroupRow {
  return { id, name, enabled: Number(enabled), multiplier_ppm: multiplierPpm, created_at: createdAt };
}

function fromRow(row: GroupRow): BareGroup {
  const { id, name, multiplier_ppm: multiplierPpm } = row;
  return { id, name, enabled: row.enabled === 1, multiplierPpm, createdAt: epochMs(row.created_at) };
}

function toMemberRow(id: GroupId, member: GroupMember, position: number): MemberRow {
  return 'upstreamId' in member
    ? { group_id: id, position, upstream_id: member.upstreamId, member_group_id: null }
    : { group_id: id, position, upstream_id: null, member_group_id: member.groupId };
}

function toMember(row: MemberRow): GroupMember[] {
  if (row.upstream_id !== null) return [{ upstreamId: row.upstream_id }];
  return row.member_group_id === null ? [] : [{ groupId: row.member_group_id }];
}

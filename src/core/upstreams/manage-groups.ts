import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { renameGroupInKeys, requireGroupUnused } from '../identity/index.ts';
import { type GroupId, newId } from '../ids.ts';
import { checkName, nameTaken } from '../name.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Patch } from '../patch.ts';
import { notFound, pickByRef } from '../pick-by-ref.ts';
import { findCycle } from './group-cycle.ts';
import {
  deleteGroup,
  insertGroup,
  readAllGroups,
  readGroup,
  readGroupPage,
  readGroupRefs,
  replaceMembers,
  updateGroup,
} from './group-store.ts';
import type { Group, GroupMember } from './upstream.ts';
import { requireInteger } from './upstream-rules.ts';
import { readUpstreamRefs } from './upstream-store.ts';

const MEMBERS_MAX = 500;
/** A thousand times the list price. */
const MULTIPLIER_MAX_PPM = 1_000_000_000;
const LIST_PRICE_PPM = 1_000_000;

export type GroupPatch = Patch<Pick<Group, 'name' | 'enabled' | 'multiplierPpm'>>;
export type NewGroup = GroupPatch & { readonly name: string; readonly members?: readonly GroupMember[] | undefined };

/** @throws Failure invalid_input; not_found when a member is not there; already_exists when the name is taken. */
export async function addGroup(ctx: Ctx, input: NewGroup): Promise<Group> {
  const now = ctx.clock.now();
  const group: Group = {
    id: newId('grp', now, ctx.random),
    name: checkName(input.name),
    enabled: input.enabled ?? true,
    multiplierPpm: checkMultiplier(input.multiplierPpm ?? LIST_PRICE_PPM),
    members: input.members ?? [],
    createdAt: now,
  };
  return await inChange(ctx, 'upstreams', async (tx) => {
    if (!(await insertGroup(tx, group))) throw nameTaken('group', group.name);
    await writeMembers(tx, group, group.members);
    return group;
  });
}

/** A new name is followed by the ladders of all keys. @throws Failure not_found, invalid_input, already_exists */
export async function editGroup(ctx: Ctx, id: GroupId, patch: GroupPatch): Promise<Group> {
  return await inChange(ctx, 'upstreams', async (tx) => {
    const before = await requireGroup(tx, id);
    const after: Group = {
      ...before,
      name: checkName(patch.name ?? before.name),
      enabled: patch.enabled ?? before.enabled,
      multiplierPpm: checkMultiplier(patch.multiplierPpm ?? before.multiplierPpm),
    };
    if (after.name !== before.name) {
      const refs = await readGroupRefs(tx, after.name);
      if (refs.some((ref) => ref.name === after.name)) throw nameTaken('group', after.name);
      await renameGroupInKeys(tx, before.name, after.name);
    }
    await updateGroup(tx, after);
    return after;
  });
}

/** @throws Failure not_found; conflict while a key or another group uses it. */
export async function removeGroup(ctx: Ctx, id: GroupId): Promise<void> {
  await inChange(ctx, 'upstreams', async (tx) => {
    const group = await requireGroup(tx, id);
    await requireGroupUnused(tx, group.name);
    const holder = (await readAllGroups(tx)).find(({ members }) =>
      members.some((member) => 'groupId' in member && member.groupId === id),
    );
    if (holder) {
      throw new Failure('conflict', {
        message: `"${group.name}" is a member of the group "${holder.name}"`,
        hint: 'take it out of that group first',
      });
    }
    await deleteGroup(tx, id);
  });
}

/** Replaces all members; their order is the order of use. @throws Failure not_found, invalid_input; conflict on a cycle. */
export async function setGroupMembers(ctx: Ctx, id: GroupId, members: readonly GroupMember[]): Promise<Group> {
  return await inChange(ctx, 'upstreams', async (tx) => {
    const group = await requireGroup(tx, id);
    await writeMembers(tx, group, members);
    return { ...group, members };
  });
}

/**
 * Finds a group by id, unique beginning of an id, or name.
 * @throws Failure not_found with the nearest name; invalid_input when ambiguous.
 */
export async function findGroup(ctx: Ctx, ref: string): Promise<Group> {
  const { id } = pickByRef('group', ref, await readGroupRefs(ctx, ref));
  return await requireGroup(ctx, id);
}

/** Newest first. */
export async function listGroups(ctx: Ctx, page: PageRequest): Promise<Page<Group>> {
  return await readGroupPage(ctx, page);
}

async function requireGroup(ctx: Ctx, id: string): Promise<Group> {
  const group = await readGroup(ctx, id);
  if (!group) throw notFound('group', id);
  return group;
}

async function writeMembers(tx: Ctx, group: Group, members: readonly GroupMember[]): Promise<void> {
  const ids = members.map((member) => ('upstreamId' in member ? member.upstreamId : member.groupId));
  if (ids.length > MEMBERS_MAX) throw refuse(`a group has at most ${MEMBERS_MAX} members`);
  if (new Set(ids).size < ids.length) throw refuse('a member is named twice');
  const groups = new Map((await readAllGroups(tx)).map((known) => [known.id, known]));
  for (const member of members) {
    if ('groupId' in member) {
      if (!groups.has(member.groupId)) throw notFound('group', member.groupId);
    } else if ((await readUpstreamRefs(tx, member.upstreamId))[0]?.id !== member.upstreamId) {
      throw notFound('upstream', member.upstreamId);
    }
  }
  const membersOf = new Map([...groups.values()].map((known) => [known.id, known.members]));
  const cycle = findCycle(group.id, membersOf.set(group.id, members));
  if (cycle) {
    const way = cycle.map((id) => groups.get(id)?.name ?? group.name).join(' → ');
    throw new Failure('conflict', { message: `the group would contain itself: ${way}`, param: 'members' });
  }
  await replaceMembers(tx, group.id, members);
}

function checkMultiplier(ppm: number): number {
  return requireInteger('multiplier_ppm', ppm, 0, MULTIPLIER_MAX_PPM);
}

function refuse(message: string): Failure {
  return new Failure('invalid_input', { message, param: 'members' });
}

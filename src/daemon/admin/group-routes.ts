import type { z } from 'zod';
import * as contract from '../../core/contract/index.ts';
import type { Ctx } from '../../core/database/index.ts';
import { renameGroupInPlans, requireGroupUnsold } from '../../core/plans/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import {
  addGroup,
  editGroup,
  findGroup,
  findUpstream,
  type Group,
  type GroupMember,
  loadTopology,
  removeGroup,
  setGroupMembers,
} from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import { multiplierPpm, multiplierText, wholeList } from './formats.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

type GroupView = z.output<typeof contract.groupView>;

const GROUP_PREFIX = 'group:';

export function groupRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listGroups, async () => wholeList(await allGroups(deps))),

    serve(contract.createGroup, async ({ body, caller }) => {
      const created = await recordChange(deps, caller, { topic: 'upstreams', action: 'group.create' }, async (tx) => {
        const result = await addGroup(tx, {
          name: body.name,
          multiplierPpm: optionalPpm(body.multiplier),
          members: await membersOf(deps, tx, body.members),
        });
        return { result, object: result.id, after: facts(result, body.members) };
      });
      return viewGroup(deps, created);
    }),

    serve(contract.showGroup, async ({ params }) => viewGroup(deps, await findGroup(deps.ctx, params.group))),

    serve(contract.editGroup, async ({ params, body, caller }) => {
      const edited = await recordChange(deps, caller, { topic: 'upstreams', action: 'group.edit' }, async (tx) => {
        const before = await findGroup(tx, params.group);
        const changed = await editGroup(tx, before.id, {
          name: body.name,
          enabled: body.enabled,
          multiplierPpm: optionalPpm(body.multiplier),
        });
        if (changed.name !== before.name) await renameGroupInPlans(tx, before.name, changed.name);
        const wanted = await membersOf(deps, tx, body.members);
        const result = wanted === undefined ? changed : await setGroupMembers(tx, before.id, wanted);
        const members = viewGroup(deps, before).members;
        return {
          result,
          object: result.id,
          before: facts(before, members),
          after: facts(result, body.members ?? members),
        };
      });
      // The ladders of keys name groups, and so do plans.
      await deps.live.refresh('identity');
      await deps.live.refresh('subscriptions');
      return viewGroup(deps, edited);
    }),

    serve(contract.removeGroup, async ({ params, caller }) => {
      await recordChange(deps, caller, { topic: 'upstreams', action: 'group.remove' }, async (tx) => {
        const before = await findGroup(tx, params.group);
        await requireGroupUnsold(tx, before.name);
        await removeGroup(tx, before.id);
        return { result: undefined, object: before.id, before: facts(before, viewGroup(deps, before).members) };
      });
      return undefined;
    }),
  ];
}

async function allGroups(deps: AdminDeps): Promise<GroupView[]> {
  const { groupById } = await loadTopology(deps.ctx, deps.keyring);
  const groups = [...groupById.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return groups.map((group) => viewGroup(deps, group));
}

async function membersOf(
  deps: AdminDeps,
  tx: Ctx,
  refs: readonly string[] | undefined,
): Promise<readonly GroupMember[] | undefined> {
  if (refs === undefined) return undefined;
  const members: GroupMember[] = [];
  for (const ref of refs) members.push(await memberOf(deps, tx, ref));
  return members;
}

async function memberOf(deps: AdminDeps, tx: Ctx, ref: string): Promise<GroupMember> {
  if (!ref.startsWith(GROUP_PREFIX)) return { upstreamId: (await findUpstream(tx, deps.keyring, ref)).id };
  return { groupId: (await findGroup(tx, ref.slice(GROUP_PREFIX.length))).id };
}

function optionalPpm(text: string | undefined): number | undefined {
  return text === undefined ? undefined : multiplierPpm(text);
}

function viewGroup(deps: AdminDeps, group: Group): GroupView {
  const { upstreams, groupById } = deps.live.state.topology;
  return {
    id: group.id,
    name: group.name,
    enabled: group.enabled,
    multiplier: multiplierText(group.multiplierPpm),
    members: group.members.map((member) =>
      'upstreamId' in member
        ? (upstreams.get(member.upstreamId)?.name ?? member.upstreamId)
        : `${GROUP_PREFIX}${groupById.get(member.groupId)?.name ?? member.groupId}`,
    ),
    created_at: toRfc3339(group.createdAt),
  };
}

function facts(group: Group, members: readonly string[] = []) {
  return { name: group.name, enabled: group.enabled, multiplier: multiplierText(group.multiplierPpm), members };
}

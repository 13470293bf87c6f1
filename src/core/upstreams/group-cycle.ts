import type { GroupId } from '../ids.ts';
import type { GroupMember } from './upstream.ts';

/** The way from `start` back to itself through the members of groups; undefined when there is none. */
export function findCycle(
  start: GroupId,
  membersOf: ReadonlyMap<GroupId, readonly GroupMember[]>,
): GroupId[] | undefined {
  const seen = new Set<GroupId>();
  const ways: GroupId[][] = [[start]];
  for (let way = ways.pop(); way; way = ways.pop()) {
    const last = way.at(-1) ?? start;
    for (const member of membersOf.get(last) ?? []) {
      if (!('groupId' in member)) continue;
      const longer = [...way, member.groupId];
      if (member.groupId === start) return longer;
      if (seen.has(member.groupId)) continue;
      seen.add(member.groupId);
      ways.push(longer);
    }
  }
  return undefined;
}

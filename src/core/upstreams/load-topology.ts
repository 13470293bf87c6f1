import type { Ctx } from '../database/index.ts';
import type { GroupId, UpstreamId } from '../ids.ts';
import type { Keyring } from '../keyring/index.ts';
import { readAllGroups } from './group-store.ts';
import { upstreamOpener } from './sealed-headers.ts';
import type { Group, Upstream } from './upstream.ts';
import { readAllUpstreams } from './upstream-store.ts';

/** All upstreams and groups with opened secrets, as of one moment; disabled ones too. */
export interface Topology {
  readonly upstreams: ReadonlyMap<UpstreamId, Upstream>;
  readonly groupByName: ReadonlyMap<string, Group>;
  readonly groupById: ReadonlyMap<GroupId, Group>;
}

/** What cannot be opened, a credential or an upstream's headers, is logged and disabled; the others are still loaded. */
export async function loadTopology(ctx: Ctx, keyring: Keyring): Promise<Topology> {
  const upstreams = await readAllUpstreams(ctx, upstreamOpener(ctx, keyring));
  const groups = await readAllGroups(ctx);
  return {
    upstreams: new Map(upstreams.map((upstream) => [upstream.id, upstream])),
    groupByName: new Map(groups.map((group) => [group.name, group])),
    groupById: new Map(groups.map((group) => [group.id, group])),
  };
}

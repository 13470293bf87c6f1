import type { Ctx } from '../../core/database/index.ts';
import { findUpstream, type Upstream } from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Caller } from './caller.ts';
import { recordChange } from './record-change.ts';
import { type UpstreamView, upstreamFacts, upstreamViewer } from './upstream-view.ts';

/** Every change of one upstream: find it, change it, show what became of it. */
export async function changeUpstream(
  deps: AdminDeps,
  caller: Caller,
  action: string,
  ref: string,
  change: (tx: Ctx, before: Upstream) => Promise<Upstream>,
): Promise<UpstreamView> {
  const changed = await recordChange(deps, caller, { topic: 'upstreams', action }, async (tx) => {
    const before = await findUpstream(tx, deps.keyring, ref);
    const result = await change(tx, before);
    return { result, object: result.id, before: upstreamFacts(before), after: upstreamFacts(result) };
  });
  return upstreamViewer(deps)(changed);
}

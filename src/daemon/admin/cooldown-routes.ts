import * as contract from '../../core/contract/index.ts';
import { notFound } from '../../core/pick-by-ref.ts';
import type { AdminDeps } from './admin-deps.ts';
import { cooldownViews } from './cooldown-view.ts';
import { wholeList } from './formats.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';
import { upstreamByRef } from './upstream-view.ts';

export function cooldownRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listCooldowns, async ({ query }) => {
      const views = cooldownViews(deps);
      if (query.upstream === undefined) return wholeList(views);
      const { id } = await upstreamByRef(deps, query.upstream);
      return wholeList(views.filter((view) => view.upstream_id === id));
    }),

    serve(contract.clearCooldown, async ({ params, caller }) => {
      const before = cooldownViews(deps).find((view) => view.id === params.cooldown);
      if (!before || !deps.cooldowns.clear(params.cooldown)) throw notFound('cooldown', params.cooldown);
      await recordChange(deps, caller, { topic: null, action: 'cooldown.clear' }, async () => ({
        result: undefined,
        object: before.id,
        before,
      }));
      return undefined;
    }),
  ];
}

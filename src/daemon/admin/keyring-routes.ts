import { resealCodex } from '../../core/codex/index.ts';
import * as contract from '../../core/contract/index.ts';
import { rotateKeyring } from '../../core/keyring/index.ts';
import { resealChannels } from '../../core/payments/index.ts';
import { resealSecrets } from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

export function keyringRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.rotateKeyring, async ({ caller }) => {
      const { ctx, keyring } = deps;
      // Not in one transaction: it seals in batches and finishes on the next run when it is cut off.
      const rotation = await rotateKeyring(keyring, ctx.clock, [
        (current) => resealSecrets(ctx, current),
        (current) => resealChannels(ctx, current),
        (current) => resealCodex(ctx, current),
      ]);
      const view = {
        primary_id: rotation.primaryId,
        resealed: rotation.resealed,
        dropped: [...rotation.dropped],
        unused: [...rotation.unused],
        resumed: rotation.resumed,
      };
      await recordChange(deps, caller, { topic: 'upstreams', action: 'keyring.rotate' }, async () => ({
        result: undefined,
        object: rotation.primaryId,
        after: view,
      }));
      return view;
    }),
  ];
}

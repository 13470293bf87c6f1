import type { z } from 'zod';
import * as contract from '../../core/contract/index.ts';
import { findUser } from '../../core/identity/index.ts';
import type { UserId } from '../../core/ids.ts';
import { formatUsd } from '../../core/money.ts';
import { type HeldReservation, type LeaseRecord, listLeases } from '../../core/quota/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { wholeList } from './formats.ts';
import { type ServedRoute, serve } from './serve-route.ts';

type HoldView = z.output<typeof contract.holdView>;

export function holdRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listHolds, async ({ query }) => {
      const user = query.user === undefined ? null : await findUser(deps.ctx, query.user);
      // What was charged out of the leases, so that their amounts are those of now.
      await deps.usage.flush();
      const leases = await listLeases(deps.ctx, user ? { userId: user.id } : {});
      const requests = deps.holds.list().filter(({ userId }) => user === null || userId === user.id);
      return wholeList([
        ...requests.flatMap((held) => viewReservation(deps, held)),
        ...leases.map((lease) => viewLease(deps, lease)),
      ]);
    }),
  ];
}

function viewReservation(
  deps: AdminDeps,
  { requestId, userId, payer, heldUsdMicros, since }: HeldReservation,
): HoldView[] {
  if (payer.kind === 'free') return [];
  const isPlan = payer.kind === 'subscription';
  return [
    {
      kind: 'request',
      id: requestId,
      ...whose(deps, userId),
      payer: payer.kind,
      subscription_id: isPlan ? payer.id : null,
      plan: isPlan ? payer.planCode : null,
      ...amount(heldUsdMicros),
      since: toRfc3339(since),
      daemon_id: null,
      expires_at: null,
    },
  ];
}

function viewLease(deps: AdminDeps, lease: LeaseRecord): HoldView {
  const { userId, payerKind, payerId } = lease;
  const isPlan = payerKind === 'subscription';
  const subscription = deps.live.state.subscriptions.of(userId).find(({ id }) => id === payerId);
  return {
    kind: 'lease',
    id: lease.id,
    ...whose(deps, userId),
    payer: payerKind,
    subscription_id: isPlan ? payerId : null,
    plan: subscription?.planCode ?? null,
    ...amount(lease.amountUsdMicros),
    since: toRfc3339(lease.createdAt),
    daemon_id: lease.daemonId,
    expires_at: toRfc3339(lease.expiresAt),
  };
}

function whose(deps: AdminDeps, userId: UserId) {
  return { user_id: userId, user: deps.live.state.identity.userById.get(userId)?.name ?? null };
}

function amount(usdMicros: number) {
  return { held_usd: formatUsd(usdMicros), held_usd_micros: usdMicros };
}

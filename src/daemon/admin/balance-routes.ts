import * as contract from '../../core/contract/index.ts';
import { Failure } from '../../core/failure.ts';
import { findUser } from '../../core/identity/index.ts';
import { adjustBalance, type Balance, listBalances, readBalance } from '../../core/ledger/index.ts';
import { formatUsd, parseUsd } from '../../core/money.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Caller } from './caller.ts';
import { instantText, pageOf, pageView } from './formats.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

export function balanceRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listBalances, async ({ query }) => {
      await deps.usage.flush();
      return pageView(await listBalances(deps.ctx, pageOf(query)), (balance) => viewBalance(deps, balance));
    }),

    serve(contract.showBalance, async ({ params }) => {
      const user = await findUser(deps.ctx, params.user);
      await deps.usage.flush();
      return viewBalance(deps, await readBalance(deps.ctx, user.id));
    }),

    serve(contract.adjustBalance, async ({ params, body, caller }) => {
      const reason = requireReason(caller);
      const amountUsdMicros = parseUsd(body.amount_usd);
      await deps.usage.flush();
      const adjusted = await recordChange(deps, caller, { topic: null, action: 'balance.adjust' }, async (tx) => {
        const user = await findUser(tx, params.user);
        const { actor } = caller;
        const result = await adjustBalance(tx, {
          userId: user.id,
          amountUsdMicros,
          reason,
          actor,
          key: body.idempotency_key,
        });
        return {
          result,
          object: user.id,
          before: { balance_usd: formatUsd(result.before.usdMicros) },
          after: { balance_usd: formatUsd(result.after.usdMicros), transfer: result.transfer.id },
        };
      });
      return {
        ...viewBalance(deps, adjusted.after),
        transfer: adjusted.transfer.id,
        amount_usd: formatUsd(amountUsdMicros),
        repeated: adjusted.outcome === 'already_there',
      };
    }),
  ];
}

/** Money that moves by hand has to be explained. @throws Failure invalid_input */
function requireReason({ reason }: Caller): string {
  if (reason !== null) return reason;
  throw new Failure('invalid_input', {
    message: 'a balance is not adjusted without a reason',
    hint: 'say why with --reason, or over HTTP with the header Realms-Reason',
    param: 'reason',
  });
}

function viewBalance(deps: AdminDeps, balance: Balance): contract.ResponseOf<typeof contract.showBalance> {
  return {
    user_id: balance.userId,
    user: deps.live.state.identity.userById.get(balance.userId)?.name ?? null,
    balance_usd: formatUsd(balance.usdMicros),
    balance_usd_micros: balance.usdMicros,
    held_usd: formatUsd(balance.heldUsdMicros),
    held_usd_micros: balance.heldUsdMicros,
    available_usd: formatUsd(balance.availableUsdMicros),
    available_usd_micros: balance.availableUsdMicros,
    updated_at: instantText(balance.updatedAt),
  };
}

import type { AdminDeps } from './admin-deps.ts';
import { auditRoutes } from './audit-routes.ts';
import { balanceRoutes } from './balance-routes.ts';
import { codexLoginRoutes } from './codex-login-routes.ts';
import { codexRoutes } from './codex-routes.ts';
import { cooldownRoutes } from './cooldown-routes.ts';
import { credentialRoutes } from './credential-routes.ts';
import { endpointRoutes } from './endpoint-routes.ts';
import { featureRoutes } from './feature-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { holdRoutes } from './hold-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { keyringRoutes } from './keyring-routes.ts';
import { ledgerRoutes } from './ledger-routes.ts';
import { modelRoutes } from './model-routes.ts';
import { orderRoutes } from './order-routes.ts';
import { paymentChannelRoutes } from './payment-channel-routes.ts';
import { paymentRoutes } from './payment-routes.ts';
import { planRoutes } from './plan-routes.ts';
import { redemptionRoutes } from './redemption-routes.ts';
import type { ServedRoute } from './serve-route.ts';
import { settingRoutes } from './setting-routes.ts';
import { statusRoutes } from './status-routes.ts';
import { subscriptionRoutes } from './subscription-routes.ts';
import { tokenRoutes } from './token-routes.ts';
import { upstreamRoutes } from './upstream-routes.ts';
import { usageRoutes } from './usage-routes.ts';
import { userRoutes } from './user-routes.ts';
import { userTokenRoutes } from './user-token-routes.ts';

/** Everything that the admin API answers. */
export function servedRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    ...upstreamRoutes(deps),
    ...endpointRoutes(deps),
    ...credentialRoutes(deps),
    ...codexRoutes(deps),
    ...codexLoginRoutes(deps),
    ...cooldownRoutes(deps),
    ...groupRoutes(deps),
    ...modelRoutes(deps),
    ...keyRoutes(deps),
    ...userRoutes(deps),
    ...userTokenRoutes(deps),
    ...balanceRoutes(deps),
    ...holdRoutes(deps),
    ...ledgerRoutes(deps),
    ...redemptionRoutes(deps),
    ...planRoutes(deps),
    ...subscriptionRoutes(deps),
    ...orderRoutes(deps),
    ...paymentChannelRoutes(deps),
    ...paymentRoutes(deps),
    ...featureRoutes(deps),
    ...settingRoutes(deps),
    ...usageRoutes(deps),
    ...auditRoutes(deps),
    ...tokenRoutes(deps),
    ...keyringRoutes(deps),
    ...statusRoutes(deps),
  ];
}

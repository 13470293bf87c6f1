import type { AdminDeps } from './admin-deps.ts';
import { auditRoutes } from './audit-routes.ts';
import { cooldownRoutes } from './cooldown-routes.ts';
import { credentialRoutes } from './credential-routes.ts';
import { endpointRoutes } from './endpoint-routes.ts';
import { featureRoutes } from './feature-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { keyringRoutes } from './keyring-routes.ts';
import { modelRoutes } from './model-routes.ts';
import type { ServedRoute } from './serve-route.ts';
import { settingRoutes } from './setting-routes.ts';
import { statusRoutes } from './status-routes.ts';
import { tokenRoutes } from './token-routes.ts';
import { upstreamRoutes } from './upstream-routes.ts';
import { usageRoutes } from './usage-routes.ts';
import { userRoutes } from './user-routes.ts';

/** Everything that the admin API answers. */
export function servedRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    ...upstreamRoutes(deps),
    ...endpointRoutes(deps),
    ...credentialRoutes(deps),
    ...cooldownRoutes(deps),
    ...groupRoutes(deps),
    ...modelRoutes(deps),
    ...keyRoutes(deps),
    ...userRoutes(deps),
    ...featureRoutes(deps),
    ...settingRoutes(deps),
    ...usageRoutes(deps),
    ...auditRoutes(deps),
    ...tokenRoutes(deps),
    ...keyringRoutes(deps),
    ...statusRoutes(deps),
  ];
}

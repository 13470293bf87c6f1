// What the public listener answers itself: health, models, and the self-service of users. Knows no relaying.
import type { AccountRoute } from './account-route.ts';
import { codexUsageRoutes } from './codex-usage-routes.ts';
import { dashboardRoutes } from './dashboard-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { modelRoutes } from './model-routes.ts';
import { payRoutes } from './pay-routes.ts';
import { redeemRoutes } from './redeem-routes.ts';
import { subscriptionRoutes } from './subscription-routes.ts';
import { topupRoutes } from './topup-routes.ts';
import { usageRoutes } from './usage-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';

export type { AccountAnswer, AccountHouse, AccountRoute } from './account-route.ts';
export { errorAnswer, failureAnswer } from './answers.ts';
export { openAccountHouse } from './open-account-house.ts';

/** Every route of this room. */
export const ACCOUNT_ROUTES: readonly AccountRoute[] = [
  ...healthRoutes,
  ...modelRoutes,
  ...usageRoutes,
  ...codexUsageRoutes,
  ...dashboardRoutes,
  ...topupRoutes,
  ...redeemRoutes,
  ...subscriptionRoutes,
  ...payRoutes,
  ...webhookRoutes,
];

import type { Feature } from '../../core/features/index.ts';
import { ACCOUNT_ROUTES } from '../account/index.ts';
import { adminManifest } from '../admin/index.ts';
import { RELAYED } from '../relay/index.ts';

/** One route and the feature that owns it. `core` routes exist in every shape of the product. */
export interface ManifestEntry {
  readonly plane: 'public' | 'admin';
  readonly method: string;
  readonly path: string;
  readonly owner: Feature | 'core';
}

/**
 * Every route of the daemon with its owner. What is not in here does not exist: the gates, the tests and the preview of
 * a switch all read this list.
 */
export function routeManifest(): readonly ManifestEntry[] {
  return [
    ...RELAYED.map(({ method, path }) => ({ plane: 'public' as const, method, path, owner: 'core' as const })),
    ...ACCOUNT_ROUTES.map(({ method, path, owner }) => ({ plane: 'public' as const, method, path, owner })),
    ...adminManifest.map(({ method, path, feature }) => ({
      plane: 'admin' as const,
      method,
      path,
      owner: feature ?? ('core' as const),
    })),
  ];
}

/** Paths that only billing and tickets may ever own; in self mode, and while those are off, nothing answers on them. */
export const MONEY_PATHS: readonly string[] = [
  '/subscription',
  '/subscription/purchase',
  '/topup',
  '/topup/create',
  '/topup/redeem',
  '/pay/subscription/ord_1',
  '/pay/subscription/ord_1/return',
  '/pay/topup/ord_1',
  '/pay/topup/ord_1/return',
  '/pay/topup/ord_1/start',
  '/pay/topup/ord_1/cancel',
  '/tickets',
  '/tickets/1',
  '/v1/usage',
  '/v1/usage/summary',
  '/v1/dashboard/billing/subscription',
  '/v1/dashboard/billing/usage',
  '/admin/orders',
  '/admin/payment-channels',
  '/admin/subscriptions',
  '/admin/tickets',
  '/admin/tickets/1',
  '/api/pay/stripe/webhook',
  '/api/pay/stripe/webhook/main',
  '/api/pay/epay/notify',
  '/api/pay/epay/notify/main',
  '/api/webhooks/subscription-orders/1/paid',
];

import { type Ctx, missingTriggers } from '../database/index.ts';
import {
  readMiscounted,
  readMismatched,
  readMisstated,
  readOrphans,
  readUngranted,
  type Violation,
} from './check-store.ts';

/** A rule that always holds for what is stored; `find` names the rows that break it. */
export interface SubscriptionCheck {
  readonly name: string;
  readonly doc: string;
  find(ctx: Ctx): Promise<readonly Violation[]>;
}

/** What keeps these tables right whoever writes to them. */
const TRIGGERS = [
  ...['subscription_plan_versions', 'user_subscriptions', 'subscription_grants', 'subscription_charges'].flatMap(
    (table) => [`${table}_no_update`, `${table}_no_delete`],
  ),
  'subscription_charges_counted',
];

/** For the verification of the books. */
export const SUBSCRIPTION_CHECKS: readonly SubscriptionCheck[] = [
  {
    name: 'subscription-windows-equal-charges',
    doc: 'what a window has used is the sum of the charges that fell into it, and of those that came late',
    find: readMiscounted,
  },
  {
    name: 'subscription-windows-match-plans',
    doc: 'a subscription has one window of the right length for each span that its version limits, and no other',
    find: readMismatched,
  },
  {
    name: 'subscription-charges-have-subscriptions',
    doc: 'every charge is of a subscription that exists',
    find: readOrphans,
  },
  {
    name: 'subscriptions-end-with-grants',
    doc: 'a subscription ends when the last of its grants ends, and what began it is one of them',
    find: readUngranted,
  },
  {
    name: 'subscriptions-revoked-with-grants',
    doc: 'a subscription is revoked when all of its grants are, and only then',
    find: readMisstated,
  },
  {
    name: 'subscription-triggers',
    doc: `the database itself guards subscriptions: ${TRIGGERS.join(', ')} are in place`,
    async find(ctx) {
      const missing = await missingTriggers(ctx.db, TRIGGERS);
      return missing.map((subject) => ({ subject, detail: 'the trigger is missing or switched off' }));
    },
  },
];

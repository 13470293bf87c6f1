import { settings } from './0001-settings.ts';
import { changeMarks } from './0002-database-change-marks.ts';
import { audit } from './0003-audit.ts';
import { identity } from './0004-identity.ts';
import { upstreams } from './0005-upstreams.ts';
import { models } from './0006-models.ts';
import { scheduling } from './0010-scheduling.ts';
import { usage } from './0011-usage.ts';
import { idempotency } from './0012-idempotency.ts';
import { ledger } from './0013-ledger.ts';
import { subscriptions } from './0014-subscriptions.ts';
import { quota } from './0015-quota.ts';
import { orders } from './0016-orders.ts';
import { payments } from './0017-payments.ts';
import { redemption } from './0018-redemption.ts';
import { userTokens } from './0019-user-tokens.ts';
import { pendingAnswers } from './0020-pending-answers.ts';
import { codex } from './0022-codex.ts';
import { upstreamWires } from './0023-upstream-wires.ts';
import { paymentPages } from './0024-payment-pages.ts';
import type { Migration } from './migration.ts';

/** Every step of the schema in order. Append only. */
export const migrations: readonly Migration[] = [
  settings,
  changeMarks,
  audit,
  identity,
  upstreams,
  models,
  scheduling,
  usage,
  idempotency,
  ledger,
  subscriptions,
  quota,
  orders,
  payments,
  redemption,
  userTokens,
  pendingAnswers,
  codex,
  upstreamWires,
  paymentPages,
];
export type { Migration } from './migration.ts';

import { listAudit } from './audit.ts';
import * as balances from './balances.ts';
import * as codex from './codex.ts';
import { clearCooldown, listCooldowns } from './cooldowns.ts';
import * as credentials from './credentials.ts';
import { listMigrations, runDoctor } from './doctor.ts';
import { listFeatures, setFeature, setSelfMode } from './features.ts';
import * as groups from './groups.ts';
import { listHolds } from './holds.ts';
import { rotateKeyring } from './keyring.ts';
import * as keys from './keys.ts';
import * as ledger from './ledger.ts';
import * as models from './models.ts';
import * as orders from './orders.ts';
import * as channels from './payment-channels.ts';
import * as payments from './payments.ts';
import * as plans from './plans.ts';
import * as redemption from './redemption.ts';
import { showRequest } from './requests.ts';
import type { Route } from './route.ts';
import * as settings from './settings.ts';
import { showHealth, showMetrics, showOpenapi, showReadiness, showStatus } from './status.ts';
import * as subscriptions from './subscriptions.ts';
import { createToken, listTokens, revokeToken } from './tokens.ts';
import * as upstreams from './upstreams.ts';
import { listUsage, summariseUsage } from './usage.ts';
import { createUserToken, listUserTokens, revokeUserToken } from './user-tokens.ts';
import { createUser, editUser, listUsers, showUser } from './users.ts';

/** Every operation of the admin API, in the order in which the document shows them. */
export const adminRoutes: readonly Route[] = [
  upstreams.listUpstreams,
  upstreams.createUpstream,
  upstreams.showUpstream,
  upstreams.editUpstream,
  upstreams.removeUpstream,
  upstreams.testUpstream,
  upstreams.createEndpoint,
  upstreams.removeEndpoint,
  credentials.listUpstreamCredentials,
  credentials.createCredential,
  credentials.listCredentials,
  credentials.editCredential,
  credentials.removeCredential,
  credentials.testCredential,
  codex.listCodexAccounts,
  codex.importCodexAccount,
  codex.showCodexAccount,
  codex.removeCodexAccount,
  codex.refreshCodexAccount,
  codex.readCodexUsage,
  codex.listCodexHistory,
  codex.beginCodexLogin,
  codex.pollCodexLogin,
  codex.finishCodexLogin,
  codex.cancelCodexLogin,
  groups.listGroups,
  groups.createGroup,
  groups.showGroup,
  groups.editGroup,
  groups.removeGroup,
  models.listModels,
  models.createModel,
  models.importPricing,
  models.showModel,
  models.editModel,
  models.removeModel,
  models.bindModel,
  models.unbindModel,
  models.setModelPrice,
  models.listModelPrices,
  models.addModelAlias,
  models.removeModelAlias,
  keys.listKeys,
  keys.createKey,
  keys.showKey,
  keys.editKey,
  keys.removeKey,
  keys.rotateKey,
  listUsers,
  createUser,
  showUser,
  editUser,
  listUserTokens,
  createUserToken,
  revokeUserToken,
  balances.listBalances,
  balances.showBalance,
  balances.adjustBalance,
  listHolds,
  ledger.listTransfers,
  ledger.listAccounts,
  ledger.listChecks,
  ledger.verifyLedger,
  redemption.createRedemptionCodes,
  redemption.listRedemptionCodes,
  redemption.showRedemptionCode,
  redemption.editRedemptionCode,
  redemption.listCodeBatches,
  redemption.editCodeBatch,
  plans.listPlans,
  plans.createPlan,
  plans.showPlan,
  plans.editPlan,
  plans.listPlanVersions,
  plans.archivePlan,
  subscriptions.listSubscriptions,
  subscriptions.grantSubscription,
  subscriptions.showSubscription,
  subscriptions.cancelSubscription,
  subscriptions.extendSubscription,
  orders.listOrders,
  orders.showOrder,
  orders.markOrderPaid,
  orders.cancelOrder,
  channels.listPaymentChannels,
  channels.createPaymentChannel,
  channels.showPaymentChannel,
  channels.editPaymentChannel,
  channels.removePaymentChannel,
  channels.resetPaymentChannel,
  payments.listCallbacks,
  payments.showCallback,
  payments.replayCallback,
  payments.listRefunds,
  payments.createRefund,
  payments.showRefund,
  payments.settleRefund,
  payments.reconcilePayments,
  payments.listDifferences,
  payments.explainDifference,
  listFeatures,
  setSelfMode,
  setFeature,
  settings.listSettings,
  settings.showSetting,
  settings.setSetting,
  settings.unsetSetting,
  listUsage,
  summariseUsage,
  showRequest,
  listCooldowns,
  clearCooldown,
  showStatus,
  runDoctor,
  listMigrations,
  listAudit,
  listTokens,
  createToken,
  revokeToken,
  rotateKeyring,
  showOpenapi,
  showHealth,
  showReadiness,
  showMetrics,
];

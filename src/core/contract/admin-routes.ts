import { listAudit } from './audit.ts';
import { clearCooldown, listCooldowns } from './cooldowns.ts';
import * as credentials from './credentials.ts';
import { listMigrations, runDoctor } from './doctor.ts';
import { listFeatures, setFeature, setSelfMode } from './features.ts';
import * as groups from './groups.ts';
import { rotateKeyring } from './keyring.ts';
import * as keys from './keys.ts';
import * as models from './models.ts';
import { showRequest } from './requests.ts';
import type { Route } from './route.ts';
import * as settings from './settings.ts';
import { showHealth, showMetrics, showOpenapi, showReadiness, showStatus } from './status.ts';
import { createToken, listTokens, revokeToken } from './tokens.ts';
import * as upstreams from './upstreams.ts';
import { listUsage, summariseUsage } from './usage.ts';
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

// Who calls: users, their northbound keys and account tokens, and the tokens of the admin door. Knows no model and no
// upstream.
export { ADMIN_ROLES, type AdminRole, type AdminToken, isTokenLive } from './admin-token.ts';
export { type ApiKey, DISCONNECT_POLICIES, type DisconnectPolicy, hashKeyText } from './api-key.ts';
export type { KeySettings } from './key-rules.ts';
export { type IdentitySnapshot, loadIdentity } from './load-identity.ts';
export {
  createAdminToken,
  findAdminToken,
  findAdminTokenByText,
  listAdminTokens,
  type NewAdminToken,
  revokeAdminToken,
} from './manage-admin-tokens.ts';
export {
  createKey,
  editKey,
  findKey,
  type KeyWithText,
  listKeys,
  type NewKey,
  removeKey,
  renameGroupInKeys,
  requireGroupUnused,
  rotateKey,
  touchKeys,
} from './manage-keys.ts';
export {
  createUserToken,
  findUserByToken,
  findUserToken,
  listUserTokens,
  type NewUserToken,
  revokeUserToken,
} from './manage-user-tokens.ts';
export {
  countUsers,
  createUser,
  editUser,
  findUser,
  listUsers,
  type NewUser,
  type UserPatch,
} from './manage-users.ts';
export { checkLimits } from './rate-limits.ts';
export {
  ACCOUNT_STATUSES,
  type AccountStatus,
  NO_LIMITS,
  type RateLimits,
  ROLES,
  type Role,
  type User,
} from './user.ts';
export { isUserTokenLive, isUserTokenText, type UserToken } from './user-token.ts';

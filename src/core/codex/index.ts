// ChatGPT accounts for upstreams of the kind codex: logins, tokens that rotate, and how much of their limits is used.
// Knows no relay and no choice: what it learns of limits it tells to whoever listens.
export { beginBrowserLogin, beginDeviceLogin } from './begin-login.ts';
export { CODEX_STATES, type CodexAccount, type CodexState } from './codex-account.ts';
export { readAccounts as loadCodexAccounts } from './codex-account-store.ts';
export { CodexAccounts, type CodexAccountView } from './codex-accounts.ts';
export type { CodexDesk } from './codex-desk.ts';
export { CODEX_JOBS, type CodexHouse } from './codex-jobs.ts';
export { LOOPBACK_PORTS } from './codex-login.ts';
export { type AccountPlace, findAccount, listAccounts } from './find-account.ts';
export { cancelLogin, keepLogin, type ProvenLogin, pollLogin, proveByCallback } from './finish-login.ts';
export { importTokens } from './import-tokens.ts';
export {
  type Credits,
  hasRoom,
  type Limit,
  type LimitSnapshot,
  type LimitWindow,
  MAIN_LIMIT,
  roomAgainAt,
  snapshotAt,
} from './limit-snapshot.ts';
export { onlyCodexUpstream, requireCodexUpstream } from './pick-upstream.ts';
export { CODEX_CLIENT } from './provider-call.ts';
export { limitsFromEvent, limitsFromHeaders } from './read-limits.ts';
export { readUsage, type UsageReading } from './read-usage.ts';
export type { RefreshOutcome } from './refresh-tokens.ts';
export { endLogin, removeAccount } from './remove-account.ts';
export { resealCodex } from './reseal-codex.ts';
export { type LoginTokens, type SavedLogin, saveLogin } from './save-login.ts';
export type { WindowReset } from './window-reset.ts';
export { pruneWindowResets, readResets as listWindowResets } from './window-reset-store.ts';
export { windowShare } from './window-share.ts';

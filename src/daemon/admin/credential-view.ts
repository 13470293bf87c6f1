import type { z } from 'zod';
import type { CodexAccounts } from '../../core/codex/index.ts';
import type { credentialView } from '../../core/contract/index.ts';
import { type EpochMs, toRfc3339 } from '../../core/time.ts';
import type { Credential, Upstream } from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import { type CooldownView, cooldownViews } from './cooldown-view.ts';
import { instantText } from './formats.ts';
import { limitsView } from './limits.ts';
import type { Facts } from './record-change.ts';

export type CredentialView = z.output<typeof credentialView>;

/** What the state of a credential depends on beside itself. */
export interface CredentialSight {
  readonly cooldowns: readonly CooldownView[];
  readonly accounts: CodexAccounts;
  readonly now: EpochMs;
}

export function credentialSight(deps: AdminDeps): CredentialSight {
  return { cooldowns: cooldownViews(deps), accounts: deps.live.codex.accounts, now: deps.ctx.clock.now() };
}

export function viewCredential(
  credential: Credential,
  upstream: Upstream,
  { cooldowns, accounts, now }: CredentialSight,
): CredentialView {
  const own = cooldowns.filter((cooldown) => cooldown.credential_id === credential.id);
  return {
    id: credential.id,
    upstream_id: upstream.id,
    upstream: upstream.name,
    name: credential.name,
    hint: credential.hint,
    fingerprint: credential.fingerprint,
    enabled: credential.enabled,
    state: credentialState(credential, own, accounts, now),
    weight: credential.weight,
    has_proxy: credential.proxyUrl !== null,
    ...limitsView(credential.limits),
    model_limits: Object.fromEntries(
      Object.entries(credential.modelLimits).map(([model, limits]) => [model, limitsView(limits)]),
    ),
    expires_at: instantText(credential.expiresAt),
    created_at: toRfc3339(credential.createdAt),
    cooldowns: own,
  };
}

export function credentialFacts(credential: Credential): Facts {
  return {
    upstream_id: credential.upstreamId,
    name: credential.name,
    fingerprint: credential.fingerprint,
    enabled: credential.enabled,
    weight: credential.weight,
    has_proxy: credential.proxyUrl !== null,
    ...limitsView(credential.limits),
    model_limits: credential.modelLimits,
    expires_at: instantText(credential.expiresAt),
  };
}

/** A secret that the keyring does not open comes as an empty one. */
export function isUnreadable(credential: Credential): boolean {
  return credential.secret.reveal() === '';
}

/** A cooldown of one model leaves the credential ready for all others. */
function credentialState(
  credential: Credential,
  cooldowns: readonly CooldownView[],
  accounts: CodexAccounts,
  now: EpochMs,
): CredentialView['state'] {
  if (isUnreadable(credential)) return 'unreadable';
  if (!credential.enabled) return 'disabled';
  if (credential.expiresAt !== null && credential.expiresAt <= now) return 'expired';
  const account = accounts.get(credential.id);
  if (account && account.state !== 'active') return account.state;
  return cooldowns.some((cooldown) => cooldown.scope === 'credential') ? 'cooling' : 'ready';
}

import { CODEX_CLIENT, windowShare } from '../../../core/codex/index.ts';
import { type Candidate, sessionKeyOf, type Unfitness, type UpstreamError } from '../../../core/scheduling/index.ts';
import type { Credential } from '../../../core/upstreams/index.ts';
import type { Journey } from '../journey.ts';
import type { RelayHouse } from '../relay-house.ts';
import { softSign } from '../sticky-signs.ts';
import type { CodexDoor } from './codex-call.ts';

/** What a call for this journey to a ChatGPT account needs. */
export function doorFor(house: RelayHouse, { request, caller }: Journey, candidate: Candidate): CodexDoor {
  const sign = softSign(request);
  return {
    accounts: house.live.codex.accounts,
    now: house.ctx.clock.now(),
    identity: CODEX_CLIENT,
    credential: currentCredential(house, candidate),
    sessionKey: sign && sessionKeyOf(caller.user.id, sign.name),
  };
}

/** Why an account cannot be asked by anybody; null when it can. */
export function accountUnfit(house: RelayHouse, { upstream, credential }: Candidate): Unfitness | null {
  if (upstream.kind !== 'codex') return null;
  const account = house.live.codex.accounts.get(credential.id);
  return account?.state === 'active' ? null : 'has no valid login';
}

/** Accounts whose windows are about to be reset come first, and those that are nearly used up last. */
export function accountShare(house: RelayHouse, { upstream, credential }: Candidate): number {
  if (upstream.kind !== 'codex') return 1;
  const limits = house.live.codex.accounts.get(credential.id)?.limits ?? null;
  const keep = house.live.state.settings.effective['codex.window_keep_percent'];
  return windowShare(limits, house.ctx.clock.now(), keep);
}

/** What a provider says when it is done with an account, not with its tokens. */
const BLOCKED = /\b(?:deactivated|suspended|banned|terminated)\b/i;

/**
 * After a refusal: fetches new tokens for an account whose own have run out. True when the same account may be asked
 * again. `tokenFingerprint` is that of the access token that was refused; undefined: the upstream has no accounts.
 */
export async function renewAccount(
  house: RelayHouse,
  { credential }: Candidate,
  error: UpstreamError,
  tokenFingerprint: string | undefined,
): Promise<boolean> {
  if (tokenFingerprint === undefined || error.kind !== 'answer') return false;
  const { accounts } = house.live.codex;
  if (error.status === 403 && BLOCKED.test(error.message)) {
    await accounts.block(credential.id, error.code || 'account_blocked');
    return false;
  }
  if (error.status !== 401) return false;
  const outcome = await accounts.refreshNow(credential.id, tokenFingerprint);
  return outcome === 'refreshed' || outcome === 'already';
}

/** As the live state has it: a candidate that was found when the request came may be older than the last refresh. */
function currentCredential(house: RelayHouse, { upstream, credential }: Candidate): Credential {
  const known = house.live.state.topology.upstreams.get(upstream.id);
  return known?.credentials.find(({ id }) => id === credential.id) ?? credential;
}

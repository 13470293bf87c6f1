import { type CodexHouse, readUsage } from '../core/codex/index.ts';
import type { CooldownBook } from '../core/scheduling/index.ts';
import type { Clock } from '../core/time.ts';
import type { Credential } from '../core/upstreams/index.ts';
import type { ProbeResult } from './admin/index.ts';

/**
 * Tries a ChatGPT account by a look at its usage, which costs nothing. That it answers shows that the tokens are good;
 * whether there is room is told by what it answers.
 */
export async function probeAccount(
  codex: CodexHouse,
  credential: Credential,
  cooldowns: CooldownBook,
  clock: Clock,
): Promise<ProbeResult> {
  const startedMs = clock.monotonicMs();
  const reading = await readUsage(codex.desk, codex.accounts, credential.id);
  const latencyMs = clock.monotonicMs() - startedMs;
  if (reading.kind !== 'read') {
    const detail = reading.kind === 'trouble' ? reading.why : `${reading.kind}: ${reading.why}`;
    return { ok: false, status: null, latencyMs, detail };
  }
  const now = clock.now();
  cooldowns.refute(credential.id, 'auth', { at: now, why: 'a test succeeded' }, now);
  return {
    ok: true,
    status: 200,
    latencyMs,
    detail: `tells the usage of a ${reading.limits.plan ?? 'ChatGPT'} account`,
  };
}

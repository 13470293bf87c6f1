import { setTimeout as wait } from 'node:timers/promises';
import { beginCodexLogin, pollCodexLogin } from '../../../core/contract/index.ts';
import type { Client } from '../../client/client.ts';
import { given } from '../../command.ts';
import { CommandFailed } from '../../command-failed.ts';
import type { Context } from '../../context.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Account } from './codex-view.ts';
import type { LoginInput } from './login-input.ts';

const AGAIN_MS = 2_000;

/** Shows a code, and asks the daemon until somebody has typed it. A daemon that restarts meanwhile goes on with it. */
export async function loginByDevice(context: Context, client: Client, input: LoginInput): Promise<Account> {
  const body = { method: 'device' as const, ...given({ name: input.name }) };
  const login = await client.call(beginCodexLogin, { params: { upstream: input.upstream }, body }, { slow: true });
  // Shown whatever --quiet says: without it nothing can go on.
  context.io.stderr.write(`open ${login.url}\nand type the code ${login.user_code ?? ''}\n`);
  context.say(`waiting until ${login.expires_at}; Ctrl-C gives up`);
  for (;;) {
    const poll = await pollOnce(client, login.id);
    if (poll?.account) return poll.account;
    const waitMs = poll === null ? AGAIN_MS : poll.wait_s * 1_000;
    if (context.clock.now() + waitMs >= Date.parse(login.expires_at)) throw tooLate();
    await wait(waitMs);
  }
}

/** Null when the daemon is away or busy for the moment. */
async function pollOnce(client: Client, login: string) {
  try {
    return await client.call(pollCodexLogin, { params: { login } }, { slow: true });
  } catch (error) {
    const isAway = error instanceof CommandFailed && (error.exit === EXIT.unreachable || error.exit === EXIT.busy);
    if (isAway) return null;
    throw error;
  }
}

function tooLate(): CommandFailed {
  return new CommandFailed(EXIT.failed, {
    code: 'login_expired',
    message: 'nobody has typed the code in time',
    hint: 'begin again with: realms codex login NAME',
  });
}

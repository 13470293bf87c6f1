import { createInterface } from 'node:readline/promises';
import { beginCodexLogin, finishCodexLogin } from '../../../core/contract/index.ts';
import type { Client } from '../../client/client.ts';
import { given } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import type { Context } from '../../context.ts';
import type { Account } from './codex-view.ts';
import type { LoginInput } from './login-input.ts';

/** Shows an address, and takes the one to which the browser is sent: it need not reach anything there. */
export async function loginByPaste(context: Context, client: Client, input: LoginInput): Promise<Account> {
  const body = { method: 'browser' as const, ...given({ name: input.name }) };
  const login = await client.call(beginCodexLogin, { params: { upstream: input.upstream }, body });
  // Shown whatever --quiet says: without it nothing can go on.
  context.io.stderr.write(`open ${login.url}\n`);
  context.io.stderr.write(
    'log in, then paste the address that the browser shows, also when its page cannot be reached:\n',
  );
  const pasted = await readLine(context);
  if (pasted === '')
    throw wrongUsage('no address was pasted', 'begin again, and paste the whole address with code and state');
  const params = { login: login.id };
  return await client.call(finishCodexLogin, { params, body: { callback_url: pasted } }, { slow: true });
}

/** The first line that is not empty; '' when there is none. */
async function readLine({ io }: Context): Promise<string> {
  const lines = createInterface({ input: io.stdin, terminal: false });
  try {
    for await (const line of lines) if (line.trim() !== '') return line.trim();
    return '';
  } finally {
    lines.close();
  }
}

import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { beginCodexLogin, finishCodexLogin } from '../../../core/contract/index.ts';
import type { Client } from '../../client/client.ts';
import { given } from '../../command.ts';
import { CommandFailed } from '../../command-failed.ts';
import type { Context } from '../../context.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Account } from './codex-view.ts';
import type { LoginInput } from './login-input.ts';

/** The only ports that the provider sends a browser back to. */
const PORTS = [1455, 1457] as const;
const PATH = '/auth/callback';

/** Listens on this machine for the browser's callback. */
export async function loginByLoopback(context: Context, client: Client, input: LoginInput): Promise<Account> {
  const { server, port } = await listen();
  try {
    const body = { method: 'browser' as const, port, ...given({ name: input.name }) };
    const login = await client.call(beginCodexLogin, { params: { upstream: input.upstream }, body });
    // Shown whatever --quiet says: without it nothing can go on.
    context.io.stderr.write(`open in a browser on this machine:\n${login.url}\n`);
    context.say(`waiting until ${login.expires_at}; Ctrl-C gives up`);
    const timeoutMs = Math.max(0, Date.parse(login.expires_at) - context.clock.now());
    return await takeCallback(server, timeoutMs, async (url) => {
      const params = { login: login.id };
      return await client.call(finishCodexLogin, { params, body: { callback_url: url } }, { slow: true });
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function listen(): Promise<{ server: Server; port: (typeof PORTS)[number] }> {
  for (const port of PORTS) {
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return { server, port };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  throw new CommandFailed(EXIT.conflict, {
    code: 'port_in_use',
    message: `the ports ${PORTS.join(' and ')} of this machine are in use, and the login comes back to no other`,
    hint: 'end what uses them (Codex CLI?), or use --paste',
  });
}

/** Only the first callback counts; anything else that comes by is told that it is wrong here. */
function takeCallback(server: Server, timeoutMs: number, finish: (url: string) => Promise<Account>): Promise<Account> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooLate()), timeoutMs);
    let isTaken = false;
    server.on('request', (request, response) => {
      const isCallback =
        request.method === 'GET' && request.url?.split('?')[0] === PATH && request.url.includes('state=');
      if (!isCallback || isTaken) return answer(response, 404, 'nothing is here\n');
      isTaken = true;
      clearTimeout(timer);
      finish(`http://localhost${request.url}`).then(
        (account) => {
          answer(response, 200, 'You are logged in, and can close this page.\n', () => resolve(account));
        },
        (error: Error) => answer(response, 400, 'The login failed; the terminal says why.\n', () => reject(error)),
      );
    });
  });
}

function answer(response: ServerResponse, status: number, text: string, sent?: () => void): void {
  response.once('close', () => sent?.());
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(text);
}

function tooLate(): CommandFailed {
  return new CommandFailed(EXIT.failed, {
    code: 'login_expired',
    message: 'no browser came back in time',
    hint: 'begin again with: realms codex login NAME',
  });
}

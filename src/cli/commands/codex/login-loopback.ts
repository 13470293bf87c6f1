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
    const arrival = firstCallback(server);
    const body = { method: 'browser' as const, port, ...given({ name: input.name }) };
    const login = await client.call(beginCodexLogin, { params: { upstream: input.upstream }, body });
    // Shown whatever --quiet says: without it nothing can go on.
    context.io.stderr.write(`open in a browser on this machine:\n${login.url}\n`);
    context.say(`waiting until ${login.expires_at}; Ctrl-C gives up`);
    const { url, response } = await within(arrival, Date.parse(login.expires_at) - context.clock.now());
    try {
      const params = { login: login.id };
      const account = await client.call(finishCodexLogin, { params, body: { callback_url: url } }, { slow: true });
      await answer(response, 200, 'You are logged in, and can close this page.\n');
      return account;
    } catch (error) {
      await answer(response, 400, 'The login failed; the terminal says why.\n');
      throw error;
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

interface Arrival {
  readonly url: string;
  readonly response: ServerResponse;
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
function firstCallback(server: Server): Promise<Arrival> {
  return new Promise((resolve) => {
    let isTaken = false;
    server.on('request', (request, response) => {
      const { method, url = '' } = request;
      const isCallback = method === 'GET' && url.split('?')[0] === PATH && url.includes('state=');
      if (!isCallback || isTaken) return void answer(response, 404, 'nothing is here\n');
      isTaken = true;
      resolve({ url: `http://localhost${url}`, response });
    });
  });
}

async function within(arrival: Promise<Arrival>, timeoutMs: number): Promise<Arrival> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tooLate()), Math.max(0, timeoutMs));
  });
  return await Promise.race([arrival, late]).finally(() => clearTimeout(timer));
}

/** Resolves when the browser has it, or is gone. */
async function answer(response: ServerResponse, status: number, text: string): Promise<void> {
  if (response.closed) return;
  const over = once(response, 'close');
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(text);
  await over;
}

function tooLate(): CommandFailed {
  return new CommandFailed(EXIT.failed, {
    code: 'login_expired',
    message: 'no browser came back in time',
    hint: 'begin again with: realms codex login NAME',
  });
}

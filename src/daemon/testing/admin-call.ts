import { join } from 'node:path';
import { httpExchange } from './http-exchange.ts';

/** Asks a daemon of which only the data folder is known, over its admin socket. @throws with its answer when it refuses. */
export async function adminCall<Answer>(
  folder: string,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<Answer> {
  const socketPath = join(folder, 'admin.sock');
  const { status, text, error } = await httpExchange(`http://admin${path}`, { method, body, socketPath });
  if (status >= 200 && status < 300 && error === undefined) return JSON.parse(text) as Answer;
  throw new Error(`${path} answered ${status}: ${error ?? text}`);
}

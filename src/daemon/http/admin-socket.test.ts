import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listenOnSocket } from './admin-socket.ts';

let folder: string;
const apps: FastifyInstance[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'realms-socket-'));
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  rmSync(folder, { recursive: true, force: true });
});

function newApp(): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  app.get('/', async () => 'here');
  apps.push(app);
  return app;
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

async function ask(socketPath: string): Promise<string> {
  const call = request({ socketPath, path: '/', agent: false }).end();
  const [answer] = await once(call, 'response');
  let text = '';
  for await (const part of answer) text += String(part);
  return text;
}

test('a fresh folder is 0700, all of the way, and the socket 0600', async () => {
  const path = join(folder, 'deep/er/admin.sock');
  await listenOnSocket(newApp(), path);
  expect([modeOf(join(folder, 'deep')), modeOf(join(folder, 'deep/er')), modeOf(path)]).toEqual(['700', '700', '600']);
  expect(await ask(path)).toBe('here');
});

test('in a folder that is there the socket is 0600 all the same, whatever the mask, and the mask is as before', async () => {
  chmodSync(folder, 0o755);
  const mask = process.umask(0o000);
  try {
    const path = join(folder, 'admin.sock');
    await listenOnSocket(newApp(), path);
    expect([modeOf(folder), modeOf(path)]).toEqual(['755', '600']);
    expect(process.umask()).toBe(0o000);
  } finally {
    process.umask(mask);
  }
});

test('the socket is gone after a close', async () => {
  const path = join(folder, 'admin.sock');
  const app = newApp();
  await listenOnSocket(app, path);
  await app.close();
  expect(existsSync(path)).toBe(false);
});

test('the file of a killed process is replaced', async () => {
  const path = join(folder, 'admin.sock');
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const gone = once(child, 'close');
  child.kill('SIGKILL');
  await gone;
  expect(existsSync(path)).toBe(true);
  await listenOnSocket(newApp(), path);
  expect([await ask(path), modeOf(path)]).toEqual(['here', '600']);
});

test('a socket that answers is another daemon’s: refused, and that one goes on', async () => {
  const path = join(folder, 'admin.sock');
  await listenOnSocket(newApp(), path);
  await expect(listenOnSocket(newApp(), path)).rejects.toMatchObject({
    code: 'conflict',
    message: `another realms is serving on ${path}`,
    facts: { hint: expect.stringContaining('--data') },
  });
  expect(await ask(path)).toBe('here');
});

test('a file that is no socket is never deleted', async () => {
  const path = join(folder, 'notes.txt');
  writeFileSync(path, 'mine');
  const asFolder = join(folder, 'folder');
  mkdirSync(asFolder);
  for (const other of [path, asFolder]) {
    await expect(listenOnSocket(newApp(), other)).rejects.toMatchObject({
      code: 'config_invalid',
      facts: { param: 'admin.socket' },
    });
  }
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

test('a path that the kernel would cut is refused', async () => {
  const path = join(folder, `${'x'.repeat(108)}.sock`);
  await expect(listenOnSocket(newApp(), path)).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining('longer than 107 bytes'),
  });
});

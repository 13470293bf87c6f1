import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testPlace } from '../../core/testing/test-database.ts';

// The first steps of an operator with the built program: from an empty folder to a request that is explained.
const BIN = join(import.meta.dirname, '../../../bin/realms');
const USAGE = {
  prompt_tokens: 1000,
  completion_tokens: 100,
  total_tokens: 1100,
  prompt_tokens_details: { cached_tokens: 400 },
};

let folder: string;
let place: Awaited<ReturnType<typeof testPlace>>;
let upstream: Server;
let daemon: ReturnType<typeof startDaemon>;
let relayUrl: string;
let keyText: string;
let requestId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'realms-first-steps-'));
  place = await testPlace('empty');
  upstream = createServer((request, response) => {
    request.resume().on('end', () => {
      const isAllowed = request.headers.authorization === 'Bearer sk-upstream-key';
      response.writeHead(isAllowed ? 200 : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isAllowed ? completion() : { error: { message: 'no', type: 'auth' } }));
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  daemon = startDaemon();
  if (!daemon.stdout) throw new Error('the daemon has no output');
  relayUrl = await readyUrl(daemon.stdout);
});

afterAll(async () => {
  daemon.kill('SIGTERM');
  await daemon;
  await new Promise((resolve) => upstream.close(resolve));
  await place.remove();
  await rm(folder, { recursive: true, force: true });
});

test('an upstream is added with its key from stdin', async () => {
  const { port } = upstream.address() as AddressInfo;
  const line = `upstream add main --kind openai --base-url http://127.0.0.1:${port}/v1 --key-stdin --allow-private`;
  const { stdout } = await realms(line, 'sk-upstream-key');
  expect(stdout).toMatch(/^name +main\n/);
  expect(stdout).not.toContain('sk-upstream-key');
});

test('a model gets its upstream and its prices', async () => {
  await realms(
    'model add gpt-x --upstream main --upstream-model gpt-x-2026 --input 1.25 --cached-input 0.125 --output 10',
  );
  const model = JSON.parse((await realms('model show gpt-x -o json')).stdout);
  expect(model).toMatchObject({
    id: 'gpt-x',
    bindings: [{ upstream: 'main', upstream_model: 'gpt-x-2026' }],
    price: { input: '1.25', cached_input: '0.125', output: '10' },
  });
});

test('a key is created and works', async () => {
  const key = JSON.parse((await realms('key create --user owner --name laptop -o json')).stdout);
  expect(key).toMatchObject({ id: expect.stringMatching(/^key_/), key: expect.stringMatching(/^sk-/), name: 'laptop' });
  keyText = key.key;
  const answer = await ask();
  expect(answer.status).toBe(200);
  requestId = answer.headers.get('x-request-id') ?? '';
});

test('the request is listed with its cost, and explained', async () => {
  const usage = JSON.parse((await realms('usage list -o json')).stdout);
  // 600 × 1.25 + 400 × 0.125 + 100 × 10 micro-dollars for a token each.
  expect(usage.items[0]).toMatchObject({ id: requestId, model: 'gpt-x', outcome: 'completed', cost_usd: '0.0018' });
  const explained = JSON.parse((await realms(`explain ${requestId} -o json`)).stdout);
  expect(explained).toMatchObject({
    event: { id: requestId },
    decision: { id: requestId, attempts: [{ chosen: 'main/default' }] },
  });
  expect((await realms(`explain ${requestId}`)).stdout).toContain('cost      $0.0018');
});

test('a feature that is switched off is gone at once', async () => {
  await realms('feature disable models');
  const off = await realms('model list', '', false);
  expect([off.exitCode, off.stdout]).toEqual([3, '']);
  expect(off.stderr).toContain('realms feature enable models');
  await realms('feature enable models');
  expect((await realms('model list -o name')).stdout).toBe('gpt-x');
});

test('a key that is disabled is refused at once', async () => {
  await realms('key disable laptop');
  expect((await ask()).status).toBe(401);
  await realms('key enable laptop');
  expect((await ask()).status).toBe(200);
});

test('the installation is sound while the daemon runs and tells so when it is down', async () => {
  const up = await realms('doctor -o json', '', false);
  const failed = (JSON.parse(up.stdout).checks as { name: string; state: string }[]).filter(
    ({ state }) => state === 'fail',
  );
  // The PostgreSQL of the tests runs without fsync, and doctor is right to say so.
  expect(failed.map(({ name }) => name)).toEqual(place.options.kind === 'postgres' ? ['durability'] : []);
  expect(up.exitCode).toBe(failed.length > 0 ? 1 : 0);
  daemon.kill('SIGTERM');
  expect((await daemon).exitCode).toBe(0);
  const down = await realms('status', '', false);
  expect([down.exitCode, down.stdout]).toEqual([7, '']);
  const offline = await realms(`doctor --data ${folder} -o json`, '', false);
  expect(offline.exitCode).toBe(1);
  const states = JSON.parse(offline.stdout).checks.map(
    (check: { name: string; state: string }) => `${check.name} ${check.state}`,
  );
  expect(states).toEqual(['config ok', 'daemon fail', 'data-folder ok', 'keyring ok', 'database ok', 'schema ok']);
  expect((await realms(`migrate up --data ${folder}`)).stderr).toContain('up to date');
});

function environment(): Record<string, string> {
  return place.options.kind === 'postgres' ? { REALMS_DATABASE_URL: place.options.url.reveal() } : {};
}

function startDaemon() {
  const argv = ['serve', '--data', folder, '--listen', '127.0.0.1:0'];
  return execa(BIN, argv, { env: environment(), reject: false });
}

/** Waits for the log line that names the address; whatever is logged later is read too, so that the pipe never fills. */
function readyUrl(stdout: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stdout });
    lines.on('line', (line) => {
      const entry = JSON.parse(line) as { msg?: string; public?: string };
      if (entry.msg === 'ready' && entry.public) resolve(entry.public);
    });
    lines.on('close', () => reject(new Error('the daemon ended before it was ready')));
  });
}

function realms(line: string, input = '', reject = true) {
  const argv = ['--socket', join(folder, 'admin.sock'), ...line.split(' ')];
  return execa(BIN, argv, { env: environment(), input, reject });
}

function ask(): Promise<Response> {
  return fetch(`${relayUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyText}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-x', messages: [{ role: 'user', content: 'hello' }] }),
  });
}

function completion(): object {
  const message = { role: 'assistant', content: 'hello' };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-x-2026', choices, usage: USAGE };
}

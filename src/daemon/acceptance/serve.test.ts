import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testDialect, testPlace } from '../../core/testing/test-database.ts';
import type { TestPlace } from '../../core/testing/test-place.ts';
import { until } from '../testing/boot-daemon.ts';
import { fault, startFakeUpstream } from '../testing/fake-upstream.ts';
import { httpExchange } from '../testing/http-exchange.ts';

// The built program in the foreground, as an operator or a service manager runs it.
const BIN = join(import.meta.dirname, '../../../bin/realms');
const UPSTREAM_CANARY = 'sk-upstream-canary-0f9e8d7c6b5a';

let folder: string;
let place: TestPlace;
const running: Run[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'realms-serve-'));
  place = await testPlace('empty');
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((run) => run.end('SIGKILL')));
  await place.remove();
  await rm(folder, { recursive: true, force: true });
});

function spawnRealms(args: readonly string[], env: Readonly<Record<string, string>>) {
  return execa(BIN, args, { reject: false, buffer: false, env, extendEnv: false });
}

/** What the daemon says, and how it ends. */
class Run {
  stdout = '';
  stderr = '';
  exitCode: number | null = null;
  readonly #child: ReturnType<typeof spawnRealms>;
  readonly #ended: Promise<unknown>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawnRealms(args, { ...environment(), ...env });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#ended = this.#child.then((result) => {
      this.exitCode = result.exitCode ?? -1;
    });
  }

  get said(): string {
    return this.stdout + this.stderr;
  }

  get isOver(): boolean {
    return this.exitCode !== null;
  }

  /** Where the relay listens, once it does. */
  async ready(): Promise<string> {
    const isKnown = () => this.stdout.includes('"msg":"ready"') || this.isOver;
    await until('the daemon to be ready', isKnown, 30_000);
    if (this.isOver) throw new Error(`the daemon ended with ${this.exitCode}: ${this.said}`);
    return /"public":"(http[^"]+)"/.exec(this.stdout)?.[1] ?? '';
  }

  /** Resolves to the milliseconds until it was gone. */
  async end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL' = 'SIGTERM'): Promise<number> {
    const started = performance.now();
    this.kill(signal);
    await this.#ended;
    return performance.now() - started;
  }

  kill(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  async over(): Promise<this> {
    await this.#ended;
    return this;
  }
}

/** Of this process only what every program needs: nothing may come from the developer's own Realms. */
function environment(): Record<string, string> {
  const url = place.options.kind === 'postgres' ? { REALMS_DATABASE_URL: place.options.url.reveal() } : {};
  return { PATH: process.env['PATH'] ?? '', HOME: folder, ...url };
}

function serve(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Run {
  const data = args.includes('--data') ? [] : ['--data', join(folder, 'data')];
  const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  const run = new Run(['serve', ...data, ...listen, ...args], env);
  running.push(run);
  return run;
}

async function realms(line: string, input = ''): Promise<string> {
  const socket = join(folder, 'data/admin.sock');
  const { stdout } = await execa(BIN, ['--socket', socket, ...line.split(' ')], {
    input,
    env: environment(),
    extendEnv: false,
  });
  return stdout;
}

describe('the first start', () => {
  test('makes the owner and says what to do next, once', async () => {
    const first = serve();
    const url = await first.ready();
    await until('guidance', () => first.stderr.includes('realms serves'));
    expect(first.stderr).toContain('The user "owner" (root) was made');
    expect(first.stderr).toContain(`curl ${url}/v1/chat/completions`);
    expect(
      JSON.parse(await realms('user list -o json')).items ?? JSON.parse(await realms('user list -o json')),
    ).toMatchObject([{ name: 'owner', role: 'root' }]);
    expect(await first.end()).toBeLessThan(10_000);
    const second = serve();
    await second.ready();
    await until('the address', () => second.stderr.includes('realms serves'));
    expect(second.stderr).not.toContain('owner');
    expect(second.stderr).toContain('/v1, admin socket ');
    expect(JSON.stringify(JSON.parse(await realms('user list -o json'))).match(/"owner"/g)).toHaveLength(1);
    await second.end();
  });

  test('keeps everything to its user alone', async () => {
    const run = serve();
    await run.ready();
    const modeOf = (name: string) => (statSync(join(folder, name)).mode & 0o777).toString(8);
    expect([modeOf('data'), modeOf('data/admin.sock'), modeOf('data/keyring.json')]).toEqual(['700', '600', '600']);
    if (testDialect() === 'sqlite') expect(modeOf('data/realms.db')).toBe('600');
    await run.end();
  });

  test('writes a log of JSON lines on standard output and nothing else', async () => {
    const run = serve();
    await run.ready();
    await run.end();
    for (const line of run.stdout.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({
        level: expect.any(String),
        time: expect.stringMatching(/Z$/),
        msg: expect.any(String),
      });
    }
  });
});

describe('a stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s ends an idle daemon with 0, at once, and leaves no socket',
    async (signal) => {
      const run = serve();
      await run.ready();
      const took = await run.end(signal);
      expect(run.exitCode).toBe(0);
      expect(took).toBeLessThan(3_000);
      expect(run.stdout).toContain('"msg":"stopped"');
      expect(existsSync(join(folder, 'data/admin.sock'))).toBe(false);
    },
  );

  test('asked for twice is at once, whatever still runs', async () => {
    const fake = await startFakeUpstream();
    const run = serve();
    const url = await run.ready();
    const key = await furnish(fake.url);
    fake.when({}, fault.slowHeaders(60_000));
    const hanging = httpExchange(`${url}/v1/chat/completions`, {
      headers: { authorization: `Bearer ${key}` },
      body: chat(),
    });
    await fake.arrived(1);
    run.kill('SIGTERM');
    await until('the first signal is taken', () => run.stdout.includes('stopping'));
    expect(run.isOver).toBe(false);
    expect(await run.end('SIGTERM')).toBeLessThan(3_000);
    expect(run.exitCode).toBe(1);
    expect((await hanging).error).toBeDefined();
    await fake.close();
  });

  test('after a kill the next start takes over, socket and all', async () => {
    const killed = serve();
    await killed.ready();
    await killed.end('SIGKILL');
    const next = serve();
    const url = await next.ready();
    expect((await httpExchange(`${url}/readyz`)).status).toBe(200);
    expect(await realms('status -o json')).toContain('"version"');
    await next.end();
  });
});

test('--demo works twice on the same folder, and the request that it prints streams', async () => {
  for (let start = 0; start < 2; start++) {
    const run = serve(['--demo']);
    await run.ready();
    await until('the demo', () => run.stderr.includes('curl'));
    const command = /(curl -N [\s\S]*?\}')\n/.exec(run.stderr)?.[1] ?? '';
    const { stdout } = await promisify(execFile)('sh', ['-c', `${command} -s`]);
    const events = stdout.split('\n\n').filter((event) => event.startsWith('data: '));
    expect(events.length).toBeGreaterThan(5);
    expect(events.at(-1)).toBe('data: [DONE]');
    expect(stdout).toContain('chat.completion.chunk');
    // The key is for people to see once, and for no log.
    expect(run.stdout).not.toMatch(/sk-[A-Za-z0-9]{8}/);
    await run.end();
    expect(run.exitCode).toBe(0);
  }
});

describe('what cannot start says why, and ends', () => {
  test('an unknown key of the config, with its line and the one that was meant', async () => {
    const config = join(folder, 'config.yaml');
    await writeFile(config, 'server:\n  listen: 127.0.0.1:0\nrelay:\n  attemps_max: 3\n');
    const run = await serve(['--config', config]).over();
    expect(run.exitCode).toBe(6);
    expect(run.stderr).toContain('config.yaml:4: ');
    expect(run.stderr).toContain('relay.attemps_max');
    expect(run.stderr).toContain('relay.attempts_max');
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  test.each(['nonsense', '127.0.0.1:99999', 'localhost'])('--listen %s', async (listen) => {
    const run = await serve(['--listen', listen]).over();
    expect(run.exitCode).toBe(6);
    expect(run.stderr).toContain(listen);
    expect(run.stderr).not.toMatch(/\n +at /);
  });

  test('an address that is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const run = await serve(['--listen', `127.0.0.1:${port}`]).over();
    expect(run.exitCode).toBe(5);
    expect(run.stderr).toContain(`127.0.0.1:${port} is in use by another process`);
    expect(existsSync(join(folder, 'data/admin.sock'))).toBe(false);
    other.close();
  });

  test('a second daemon on the same folder, while the first goes on', async () => {
    const first = serve();
    const url = await first.ready();
    const second = await serve().over();
    expect(second.exitCode).toBe(5);
    expect(second.stderr).toMatch(/in use by another process|another realms is serving/);
    expect(second.stderr).toContain('hint: ');
    expect((await httpExchange(`${url}/readyz`)).status).toBe(200);
    expect(await realms('status -o json')).toContain('"version"');
    await first.end();
    expect(first.exitCode).toBe(0);
  });
});

test('secrets are never said: not on standard output, not on standard error, not in a log, not in an error', async () => {
  const fake = await startFakeUpstream();
  const run = serve(['--log-level', 'debug'], { REALMS_RELAY_BACKOFF_BASE_MS: '1', REALMS_RELAY_BACKOFF_MAX_MS: '1' });
  const url = await run.ready();
  const key = await furnish(fake.url);
  const headers = { authorization: `Bearer ${key}` };
  const ask = (body: unknown, more = {}) =>
    httpExchange(`${url}/v1/chat/completions`, { headers: { ...headers, ...more }, body });
  const answers = [await ask(chat())];
  const echo = { error: { message: `Incorrect API key provided: ${UPSTREAM_CANARY}`, code: 'invalid_api_key' } };
  for (const status of [500, 401]) {
    fake.once({}, fault.status(status, echo));
    answers.push(await ask(chat()));
  }
  answers.push(
    await ask(chat(), { 'x-api-key': `${key}x` }),
    await ask('{"broken'),
    await ask({ model: 'none', messages: [] }),
  );
  fake.when({}, fault.reset());
  answers.push(await ask(chat()));
  const listings = await Promise.all(
    [
      'upstream show main -o json',
      'credential list main -o json',
      'key list -o json',
      'audit list -o json',
      'settings list -o json',
      'doctor -o json',
    ].map((line) =>
      realms(line).catch((error: { stdout?: string; stderr?: string }) => `${error.stdout}${error.stderr}`),
    ),
  );
  await run.end();
  const said = [run.said, ...listings, ...answers.map((answer) => answer.text + JSON.stringify(answer.headers))].join(
    '\n',
  );
  expect(said.length).toBeGreaterThan(1_000);
  expect(said).not.toContain(UPSTREAM_CANARY);
  expect(said).not.toContain(key);
  expect(said).not.toContain(key.slice(10, 40));
  const keyring = JSON.parse(readFileSync(join(folder, 'data/keyring.json'), 'utf8')) as { keys: { key: string }[] };
  for (const { key: sealing } of keyring.keys) expect(said).not.toContain(sealing);
  await fake.close();
});

test('a switch through the command line holds for the next request', async () => {
  const run = serve();
  const url = await run.ready();
  const statusOf = async () => (await httpExchange(`${url}/v1/models`)).status;
  expect(await statusOf()).toBe(401);
  await realms('feature disable models');
  expect(await statusOf()).toBe(404);
  await realms('feature enable models');
  expect(await statusOf()).toBe(401);
  await run.end();
});

test('the admin socket is not reachable over the public address', async () => {
  const run = serve();
  const { port } = new URL(await run.ready());
  const status = await new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path: '/admin/status', agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    call.on('error', reject).end();
  });
  expect(status).toBe(404);
  await run.end();
});

/** An upstream with the canary, a model and a key; returns the key's text. */
async function furnish(upstreamUrl: string): Promise<string> {
  await realms(
    `upstream add main --kind openai --base-url ${upstreamUrl}/v1 --key-stdin --allow-private`,
    UPSTREAM_CANARY,
  );
  await realms('model add gpt-x --upstream main --upstream-model fake-model --input 1 --output 2');
  const created = JSON.parse(await realms('key create --user owner --name canary -o json')) as { key: string };
  return created.key;
}

function chat(): object {
  return { model: 'gpt-x', messages: [{ role: 'user', content: 'hello' }] };
}

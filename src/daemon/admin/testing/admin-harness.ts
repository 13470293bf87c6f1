import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'undici';
import { migrations } from '../../../../migrations/index.ts';
import { CodexAccounts, type CodexDesk, loadCodexAccounts } from '../../../core/codex/index.ts';
import { type Config, loadConfig } from '../../../core/config/index.ts';
import type { Database } from '../../../core/database/index.ts';
import { featureStateEffective } from '../../../core/features/index.ts';
import { loadIdentity } from '../../../core/identity/index.ts';
import { type Keyring, openKeyring } from '../../../core/keyring/index.ts';
import { loadCatalog } from '../../../core/models/index.ts';
import type { HeldReservation } from '../../../core/quota/index.ts';
import type { Cooldown } from '../../../core/scheduling/index.ts';
import { loadSettings } from '../../../core/settings/index.ts';
import { loadSubscriptions } from '../../../core/subscriptions/index.ts';
import { type TestCtx, testCtx, testDatabase } from '../../../core/testing/test-database.ts';
import { loadTopology } from '../../../core/upstreams/index.ts';
import { buildAdminApp } from '../admin-app.ts';
import type { AdminDeps, AdminLive, DaemonStatus, ProbeResult } from '../admin-deps.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly json: any;
}

export interface CallOptions {
  readonly body?: unknown;
  /** Sent as it is, with this content type. */
  readonly raw?: { readonly type: string; readonly text: string };
  readonly headers?: Readonly<Record<string, string>>;
}

/** The admin API over real HTTP on a unix socket, on a real database; only the relay's side is made up. */
export interface AdminHarness {
  readonly ctx: TestCtx;
  readonly database: Database;
  readonly keyring: Keyring;
  readonly live: AdminLive;
  readonly deps: AdminDeps;
  /** Text of every answer and log line so far, for canaries. */
  readonly said: string[];
  cooldowns: Cooldown[];
  holds: HeldReservation[];
  probeResult: ProbeResult;
  status: DaemonStatus;
  flushes: number;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Another instance behind tokens, on loopback. */
  listenTcp(): Promise<TcpDoor>;
  close(): Promise<void>;
}

export interface TcpDoor {
  readonly origin: string;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

export async function adminHarness(): Promise<AdminHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'realms-admin-'));
  const database = await testDatabase();
  const said: string[] = [];
  const ctx = testCtx(database, { log: recordingLog(said) });
  const keyring = await openKeyring({ file: join(folder, 'keyring.json') }, ctx);
  const { config, sources } = await loadConfig({
    env: {},
    overrides: { 'data.dir': folder, 'database.url': 'postgres://user:canary-db@host/name' },
  });
  const live = await testLive(ctx, keyring, config, sources);
  const closing: (() => Promise<unknown>)[] = [];
  const socketPath = join(folder, 'admin.sock');

  const harness: AdminHarness = {
    ctx,
    database,
    keyring,
    live,
    said,
    cooldowns: [],
    holds: [],
    probeResult: { ok: true, status: 200, latencyMs: 12.4, detail: 'lists 3 models' },
    status: testStatus(ctx, socketPath),
    flushes: 0,
    deps: undefined as unknown as AdminDeps,
    call: undefined as unknown as AdminHarness['call'],
    async listenTcp() {
      const app = await buildAdminApp(this.deps, { kind: 'tcp' });
      const origin = await app.listen({ host: '127.0.0.1', port: 0 });
      const client = new Client(origin);
      closing.push(
        () => client.close(),
        () => app.close(),
      );
      return { origin, call: caller(client, said) };
    },
    async close() {
      // Clients before servers.
      for (const close of closing) await close();
      if (said.some((line) => line.includes('text/html'))) throw new Error('something answered HTML');
      if (said.some((line) => line.includes('canary-db'))) throw new Error('a secret of the configuration was shown');
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  const deps = testDeps(harness, config);
  const app = await buildAdminApp(deps, { kind: 'socket', name: 'admin.sock' });
  await app.listen({ path: socketPath });
  const client = new Client('http://localhost', { socketPath });
  closing.push(
    () => client.close(),
    () => app.close(),
  );
  return Object.assign(harness, { deps, call: caller(client, said) });
}

function testDeps(harness: AdminHarness, config: Config): AdminDeps {
  return {
    ctx: harness.ctx,
    database: harness.database,
    keyring: harness.keyring,
    live: harness.live,
    config,
    probe: { testCredential: async () => harness.probeResult },
    usage: {
      flush: async () => {
        harness.flushes += 1;
      },
    },
    cooldowns: {
      list: () => harness.cooldowns,
      clear(id) {
        const before = harness.cooldowns.length;
        harness.cooldowns = harness.cooldowns.filter((cooldown) => cooldown.id !== id);
        return harness.cooldowns.length < before;
      },
    },
    holds: { list: () => harness.holds },
    status: () => harness.status,
    metricsText: async () => '# HELP realms_up Whether it runs.\nrealms_up 1\n',
    migrations,
  };
}

function testStatus(ctx: TestCtx, adminSocket: string): DaemonStatus {
  return {
    version: '1.2.3',
    pid: 4711,
    startedAt: ctx.clock.now(),
    draining: false,
    listeners: { public: '127.0.0.1:8080', adminSocket, admin: null },
    inflight: 2,
    streams: 1,
    requests: 10,
    failures: 3,
    usageQueued: 0,
  };
}

async function testLive(
  ctx: TestCtx,
  keyring: Keyring,
  config: Config,
  sources: Awaited<ReturnType<typeof loadConfig>>['sources'],
): Promise<AdminLive> {
  const load = async (): Promise<AdminLive['state']> => {
    const settings = await loadSettings(ctx, config, sources);
    return {
      settings,
      features: featureStateEffective(settings),
      identity: await loadIdentity(ctx),
      catalog: await loadCatalog(ctx),
      topology: await loadTopology(ctx, keyring),
      subscriptions: await loadSubscriptions(ctx, ctx.clock.now()),
    };
  };
  const desk: CodexDesk = {
    ctx,
    keyring,
    config: () => live.state.settings.effective,
    changed: (topic) => live.refresh(topic),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
  const live: Writable<AdminLive> = {
    codex: { desk, accounts: new CodexAccounts(desk, await loadCodexAccounts(ctx)) },
    state: await load(),
    async refresh(topic: string) {
      const fresh = await load();
      // Only what was named, so that a mapper that names the wrong topic is found out.
      const parts = {
        settings: ['settings', 'features'],
        identity: ['identity'],
        models: ['catalog'],
        upstreams: ['topology'],
        subscriptions: ['subscriptions'],
      };
      const named: readonly string[] = parts[topic as keyof typeof parts];
      live.state = Object.fromEntries(
        Object.entries(live.state).map(([part, value]) => [
          part,
          named.includes(part) ? fresh[part as keyof typeof fresh] : value,
        ]),
      ) as unknown as AdminLive['state'];
      if (named.includes('topology')) live.codex.accounts.replace(await loadCodexAccounts(ctx));
    },
  };
  return live;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function caller(client: Client, said: string[]) {
  return async (method: string, path: string, options: CallOptions = {}): Promise<Answer> => {
    const raw =
      options.raw ??
      (options.body === undefined ? undefined : { type: 'application/json', text: JSON.stringify(options.body) });
    const response = await client.request({
      method: method as 'GET',
      path,
      body: raw?.text ?? null,
      headers: { ...(raw === undefined ? {} : { 'content-type': raw.type }), ...options.headers },
    });
    const text = await response.body.text();
    said.push(text, JSON.stringify(response.headers));
    const isJson = /json/.test(String(response.headers['content-type'] ?? ''));
    return {
      status: response.statusCode,
      headers: response.headers,
      text,
      json: isJson && text !== '' ? JSON.parse(text) : null,
    };
  };
}

function recordingLog(said: string[]) {
  const record = (fields: unknown, message: string) => {
    said.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { info: record, warn: record, error: record };
}

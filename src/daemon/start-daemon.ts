import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { migrations } from '../../migrations/index.ts';
import type { Config, ConfigSources } from '../core/config/index.ts';
import { describeError } from '../core/failure.ts';
import type { OpenQuota } from '../core/quota/index.ts';
import { readVersion } from '../core/version.ts';
import { type AccountHouse, openAccountHouse } from './account/index.ts';
import { type AdminDeps, buildAdminApp } from './admin/index.ts';
import type { DaemonLog } from './daemon-log.ts';
import { buildPublicServer, cannotListen, listenOnSocket, parseListenAddress } from './http/index.ts';
import { startTimetable, touchUsedKeys } from './jobs/index.ts';
import { Live } from './live.ts';
import { openMetrics } from './metrics.ts';
import { openStore, type Store } from './open-store.ts';
import { probeAccount } from './probe-account.ts';
import { probeCredential, type RelayHouse } from './relay/index.ts';
import { wireRelay } from './wire.ts';
import { wirePayments } from './wire-payments.ts';

export interface Daemon {
  readonly house: RelayHouse;
  readonly account: AccountHouse;
  readonly quota: OpenQuota;
  readonly store: Store;
  /** `http://host:port` of the public listener. */
  readonly publicUrl: string;
  readonly adminSocket: string;
  /** Takes nothing new, waits for what runs up to the deadline, writes everything down. Safe to call twice. */
  stop(): Promise<void>;
}

export interface DaemonInput {
  readonly config: Config;
  readonly sources: ConfigSources;
  readonly log: DaemonLog;
}

/** Time for the last rows to reach the database at a stop. */
const FLUSH_DEADLINE_MS = 30_000;
/** Time for what runs by the clock to end. */
const JOBS_DEADLINE_MS = 5_000;

/** Time for tokens that are being refreshed to be stored. */
const REFRESH_DEADLINE_MS = 30_000;

/** Brings the daemon up: store, state, relay, then the doors, the public one last. */
export async function startDaemon(input: DaemonInput): Promise<Daemon> {
  const { config, log } = input;
  const store = await openStore(config, log);
  const closers: (() => Promise<unknown> | unknown)[] = [() => store.database.close()];
  try {
    const live = await Live.load({ ...input, ctx: store.ctx, keyring: store.keyring });
    live.onChange(() => log.setLevel(live.state.settings.effective['log.level']));
    const { house, quota } = await wireRelay(store.ctx, store.database, live);
    closers.push(
      () => house.watch.stop(),
      () => house.egress.destroy(),
    );
    const cashier = await wirePayments(store, live);
    const listeners = { public: '' as string | null, adminSocket: '' as string | null, admin: null as string | null };
    const state = { draining: false };
    const deps = adminDeps({ house, store, config, listeners, state });
    const socketApp = await buildAdminApp(deps, { kind: 'socket', name: 'admin.sock' });
    const adminSocket = config['admin.socket'] || join(config['data.dir'], 'admin.sock');
    await listenOnSocket(socketApp, adminSocket);
    closers.push(() => socketApp.close());
    listeners.adminSocket = adminSocket;
    const tcpApp = await listenAdminTcp(config, deps);
    if (tcpApp) {
      closers.push(() => tcpApp.close());
      listeners.admin = config['admin.listen'];
    }
    const account = openAccountHouse(house, cashier, quota);
    const publicServer = await buildPublicServer(house, account);
    const wanted = parseListenAddress(config['server.listen'], 'server.listen');
    const bound = await publicServer.listen(wanted.host, wanted.port).catch((error: unknown) => {
      throw cannotListen(error, wanted, 'server.listen');
    });
    const publicUrl = urlOf(bound);
    listeners.public = publicUrl;
    live.follow();
    const stopJobs = startTimetable(house, cashier);
    let stopping: Promise<void> | null = null;
    const stop = (): Promise<void> => {
      stopping ??= stopDaemon({ house, quota, closers, log, state, publicServer, config, stopJobs });
      return stopping;
    };
    return { house, account, quota, store, publicUrl, adminSocket, stop };
  } catch (error) {
    for (const close of closers.reverse()) await close();
    throw error;
  }
}

interface StopInput {
  readonly house: RelayHouse;
  readonly quota: OpenQuota;
  readonly closers: (() => Promise<unknown> | unknown)[];
  readonly log: DaemonLog;
  readonly state: { draining: boolean };
  readonly publicServer: Awaited<ReturnType<typeof buildPublicServer>>;
  readonly config: Config;
  readonly stopJobs: () => Promise<void>;
}

async function stopDaemon(input: StopInput): Promise<void> {
  const { house, quota, closers, log, state, publicServer, config, stopJobs } = input;
  state.draining = true;
  const jobsDone = stopJobs();
  house.live.stop();
  log.info({ inflight: house.stats.inflight }, 'stopping: no new requests, waiting for the running ones');
  const deadlineMs = house.ctx.clock.monotonicMs() + config['server.drain_timeout_ms'];
  const isQuiet = await within(publicServer.drain(), config['server.drain_timeout_ms']);
  // Calls that are read on for a client that left have no connection of their own to wait for.
  while (house.stats.inflight > 0 && house.ctx.clock.monotonicMs() < deadlineMs) await pause(SETTLE_STEP_MS);
  if (!isQuiet) log.warn({ inflight: house.stats.inflight }, 'drain deadline reached, cutting what still runs');
  await house.egress.destroy();
  if (!isQuiet) publicServer.cut();
  await settled(house);
  const { accounts } = house.live.codex;
  if (!(await within(accounts.settled(), REFRESH_DEADLINE_MS))) log.error({}, 'a refresh of tokens was cut off');
  await accounts
    .flush()
    .catch((error: unknown) => log.error({ error: describeError(error) }, 'limits of Codex accounts not written'));
  await touchUsedKeys(house).catch((error: unknown) => log.error({ error: describeError(error) }, 'keys not touched'));
  const left = await house.queue.close(FLUSH_DEADLINE_MS);
  await quota.close(left === 0);
  if (left > 0) log.error({ rows: left }, 'the database did not take the last rows in time');
  // A job that waits for a provider is left to itself in the end; what it did not do, the next start does.
  await within(jobsDone, JOBS_DEADLINE_MS);
  for (const close of closers.reverse()) await close();
  log.info({}, 'stopped');
}

const SETTLE_STEPS = 200;
const SETTLE_STEP_MS = 10;

/** Requests that were cut still close their books; that takes a few turns of the event loop. */
async function settled(house: RelayHouse): Promise<void> {
  for (let i = 0; i < SETTLE_STEPS && house.stats.inflight > 0; i++) await pause(SETTLE_STEP_MS);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function within(done: Promise<void>, deadlineMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), deadlineMs);
  });
  const result = await Promise.race([done.then(() => true), late]);
  clearTimeout(timer);
  return result;
}

async function listenAdminTcp(config: Config, deps: AdminDeps): Promise<FastifyInstance | null> {
  if (config['admin.listen'] === '') return null;
  const app = await buildAdminApp(deps, { kind: 'tcp' });
  const wanted = parseListenAddress(config['admin.listen'], 'admin.listen');
  try {
    await app.listen(wanted);
  } catch (error) {
    throw cannotListen(error, wanted, 'admin.listen');
  }
  return app;
}

function adminDeps(input: {
  house: RelayHouse;
  store: Store;
  config: Config;
  listeners: { public: string | null; adminSocket: string | null; admin: string | null };
  state: { draining: boolean };
}): AdminDeps {
  const { house, store, config, listeners, state } = input;
  const { ctx, live, stats, queue, cooldowns } = house;
  const metrics = openMetrics(house);
  const startedAt = ctx.clock.now();
  const version = readVersion();
  return {
    ctx,
    database: store.database,
    keyring: store.keyring,
    live,
    config,
    probe: {
      async testCredential(upstream, endpoint, credential, model) {
        if (upstream.kind === 'codex' && model === undefined) {
          return await probeAccount(live.codex, credential, cooldowns, ctx.clock);
        }
        const target = { upstream, endpoint, credential, ...(model === undefined ? {} : { model }) };
        const result = await probeCredential(house.egress, ctx.clock, target);
        const tested = { credentialId: credential.id, endpointId: endpoint.id };
        if (result.ok) cooldowns.reportHealthy(tested, ctx.clock.now());
        return result;
      },
    },
    usage: { flush: () => queue.flush() },
    cooldowns: {
      list: () => cooldowns.list(ctx.clock.now()),
      clear: (id) => cooldowns.clear(id, ctx.clock.now(), 'cleared by the operator'),
    },
    holds: { list: () => house.quota.held() },
    status: () => ({
      version,
      pid: process.pid,
      startedAt,
      draining: state.draining,
      listeners,
      inflight: stats.inflight,
      streams: stats.streams,
      requests: stats.totalRequests,
      failures: stats.totalFailures,
      usageQueued: queue.depth,
    }),
    metricsText: () => metrics.text(),
    migrations,
  };
}

function urlOf({ host, port }: { host: string; port: number }): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

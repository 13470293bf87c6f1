import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ConfigKey, loadConfig } from '../../core/config/index.ts';
import type { ChangeTopic } from '../../core/database/index.ts';
import { createUser, findUser, type User } from '../../core/identity/index.ts';
import type { RequestId, UserId } from '../../core/ids.ts';
import { addModel, bindModel, type Model } from '../../core/models/index.ts';
import { Secret } from '../../core/secret.ts';
import { setSetting, unsetSetting } from '../../core/settings/index.ts';
import { testPlace } from '../../core/testing/test-database.ts';
import type { TestPlace } from '../../core/testing/test-place.ts';
import { addCredential, addUpstream, type NewUpstream, type Upstream } from '../../core/upstreams/index.ts';
import { type Decision, findDecision, listUsageEvents, type UsageEvent } from '../../core/usage/index.ts';
import type { DaemonLog } from '../daemon-log.ts';
import { type Daemon, startDaemon } from '../start-daemon.ts';
import type { FakeUpstream } from './fake-upstream.ts';

export interface BootOptions {
  /** Laid over the defaults, as flags would be. */
  readonly settings?: Partial<Record<ConfigKey, string | number | boolean>>;
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: object;
}

export type UpstreamChanges = Partial<Omit<NewUpstream, 'name' | 'baseUrl' | 'secret'>>;

const TOPICS: readonly ChangeTopic[] = ['settings', 'identity', 'models', 'upstreams', 'subscriptions'];
/** Tests wait for answers, not for pauses. */
const HURRIED = { 'relay.backoff_base_ms': 1, 'relay.backoff_max_ms': 2, 'server.drain_timeout_ms': 2_000 };
const EVENTS_DEADLINE_MS = 10_000;
const EVENTS_STEP_MS = 10;

/** Starts the real daemon in this process, on a database of its own and a free port. */
export async function bootDaemon(options: BootOptions = {}): Promise<BootedDaemon> {
  const place = await testPlace('migrated');
  const { options: opener } = place;
  const folder = opener.kind === 'sqlite' ? dirname(opener.path) : await mkdtemp(join(tmpdir(), 'realms-test-'));
  const overrides: Record<string, string> = { 'data.dir': folder, 'server.listen': '127.0.0.1:0' };
  if (opener.kind === 'postgres') overrides['database.url'] = opener.url.reveal();
  for (const [key, value] of Object.entries({ ...HURRIED, ...options.settings })) overrides[key] = String(value);
  const booted = new BootedDaemon(place, folder, overrides);
  await booted.start();
  return booted;
}

/** A running daemon with the verbs that a test needs to furnish it and to look into its books. */
export class BootedDaemon {
  readonly log: LogLine[] = [];
  /** Path of the SQLite file's folder, and of everything else that the daemon keeps. */
  readonly folder: string;
  readonly overrides: Readonly<Record<string, string>>;
  readonly #place: TestPlace;
  readonly #fakes: FakeUpstream[] = [];
  readonly #changed = new Set<string>();
  #daemon: Daemon | null = null;

  constructor(place: TestPlace, folder: string, overrides: Readonly<Record<string, string>>) {
    this.#place = place;
    this.folder = folder;
    this.overrides = overrides;
  }

  get daemon(): Daemon {
    if (!this.#daemon) throw new Error('the daemon is not running');
    return this.#daemon;
  }

  get house(): Daemon['house'] {
    return this.daemon.house;
  }

  get ctx(): Daemon['store']['ctx'] {
    return this.daemon.store.ctx;
  }

  get url(): string {
    return this.daemon.publicUrl;
  }

  async start(): Promise<void> {
    const { config, sources } = await loadConfig({ env: {}, overrides: this.overrides });
    this.#daemon = await startDaemon({ config, sources, log: capturedLog(this.log) });
  }

  /** Stops and starts again on the same store. */
  async restart(): Promise<void> {
    await this.daemon.stop();
    await this.start();
  }

  /** Ends the daemon and everything that was made for it. */
  async stop(): Promise<void> {
    await this.#daemon?.stop();
    this.#daemon = null;
    await this.discard();
  }

  /** For a test that stopped the daemon itself. */
  async discard(): Promise<void> {
    await Promise.all(this.#fakes.map((fake) => fake.close()));
    await this.#place.remove();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The fake is closed together with the daemon. */
  adopt(fake: FakeUpstream): void {
    this.#fakes.push(fake);
  }

  /** Makes changes with core verbs, after which requests are decided by them. */
  async change<Result>(work: (ctx: Daemon['store']['ctx']) => Promise<Result>): Promise<Result> {
    const result = await work(this.ctx);
    for (const topic of TOPICS) await this.house.live.refresh(topic);
    return result;
  }

  async addUpstream(
    name: string,
    baseUrl: string,
    keys: readonly string[],
    changes: UpstreamChanges = {},
  ): Promise<Upstream> {
    const { keyring } = this.daemon.store;
    const given = { kind: 'openai' as const, allowPrivate: true, ...changes };
    return await this.change(async (ctx) => {
      const upstream = await addUpstream(ctx, keyring, { name, baseUrl, ...given });
      const credentials = [];
      for (const [index, key] of keys.entries()) {
        const input = { name: `c${index + 1}`, secret: new Secret(key) };
        credentials.push(await addCredential(ctx, keyring, upstream.id, input));
      }
      return { ...upstream, credentials };
    });
  }

  /** A model that every given upstream has, under `upstreamModel` if that is another name. */
  async addModel(publicId: string, upstreams: readonly Upstream[], upstreamModel = publicId): Promise<Model> {
    return await this.change(async (ctx) => {
      let model = await addModel(ctx, { publicId });
      for (const { id } of upstreams) model = await bindModel(ctx, model.id, { upstreamId: id, upstreamModel });
      return model;
    });
  }

  async addUser(name: string): Promise<User> {
    return await this.change((ctx) => createUser(ctx, { name }));
  }

  async owner(): Promise<User> {
    return await findUser(this.ctx, 'owner');
  }

  /** Runtime settings, until `resetSettings`. */
  async set(
    settings: Partial<Record<ConfigKey | `feature_disable_${string}`, string | number | boolean>>,
  ): Promise<void> {
    await this.change(async (ctx) => {
      for (const [key, value] of Object.entries(settings)) {
        this.#changed.add(key);
        await setSetting(ctx, key, String(value));
      }
    });
  }

  async resetSettings(): Promise<void> {
    if (this.#changed.size === 0) return;
    await this.change(async (ctx) => {
      for (const key of this.#changed) await unsetSetting(ctx, key);
    });
    this.#changed.clear();
  }

  /** The usage events of a user, oldest first, once there are `count` of them; books close a moment after the answer. */
  async events(userId: UserId, count: number): Promise<readonly UsageEvent[]> {
    const deadline = performance.now() + EVENTS_DEADLINE_MS;
    for (;;) {
      await this.house.queue.flush();
      const { items } = await listUsageEvents(this.ctx, { userId }, { limit: 500 });
      if (items.length >= count || performance.now() > deadline) return [...items].reverse();
      await pause(EVENTS_STEP_MS);
    }
  }

  async decision(id: RequestId): Promise<Decision> {
    await this.house.queue.flush();
    const decision = await findDecision(this.ctx, id);
    if (!decision) throw new Error(`no decision was kept for ${id}`);
    return decision;
  }

  /** Rows of a table as the database has them, after everything that waits was written. */
  async rows(table: string): Promise<readonly Record<string, unknown>[]> {
    await this.house.queue.flush();
    return await this.ctx.db(table).select('*');
  }
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until something is so, and says what was awaited when it never is. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, deadlineMs = 10_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await pause(EVENTS_STEP_MS);
  }
}

function capturedLog(lines: LogLine[]): DaemonLog {
  const take = (level: LogLine['level']) => (fields: object, message: string) => {
    lines.push({ level, message, fields });
  };
  return { info: take('info'), warn: take('warn'), error: take('error'), setLevel: () => {}, flush: () => {} };
}

import { CodexAccounts, type CodexDesk, type CodexHouse, loadCodexAccounts } from '../core/codex/index.ts';
import type { Config, ConfigSources } from '../core/config/index.ts';
import { type ChangeTopic, type Ctx, readChangeMarks } from '../core/database/index.ts';
import { describeError } from '../core/failure.ts';
import { type FeatureState, featureStateEffective } from '../core/features/index.ts';
import { type IdentitySnapshot, loadIdentity } from '../core/identity/index.ts';
import type { Keyring } from '../core/keyring/index.ts';
import { type Catalog, loadCatalog, type Model, type Price } from '../core/models/index.ts';
import { loadSettings, type Settings } from '../core/settings/index.ts';
import { loadSubscriptions, type SubscriptionSnapshot } from '../core/subscriptions/index.ts';
import type { EpochMs } from '../core/time.ts';
import { loadTopology, type Topology } from '../core/upstreams/index.ts';
import { RouteTable } from './relay/route-table.ts';

/** Everything that the doors decide by, as of one moment. Replaced whole, never changed. */
export interface LiveState {
  readonly settings: Settings;
  readonly features: FeatureState;
  readonly identity: IdentitySnapshot;
  readonly catalog: Catalog;
  readonly topology: Topology;
  readonly subscriptions: SubscriptionSnapshot;
  readonly routes: RouteTable;
}

export interface LiveInput {
  readonly ctx: Ctx;
  readonly keyring: Keyring;
  readonly config: Config;
  readonly sources: ConfigSources;
}

const TOPICS: readonly ChangeTopic[] = ['settings', 'identity', 'models', 'upstreams', 'subscriptions'];
const WATCH_MS = 500;

/**
 * Keeps the state that requests are decided by in memory, and renews the part that changed: at once for changes made
 * here, within half a second for those of another daemon on the same database. A fault while reading keeps the last
 * known state, which opens nothing that was closed.
 */
export class Live {
  /** ChatGPT accounts: in step with the topology, whose credentials hold their access tokens. */
  readonly codex: CodexHouse;
  readonly #input: LiveInput;
  readonly #listeners: ((topic: ChangeTopic) => void)[] = [];
  #state: LiveState;
  #marks: Readonly<Record<ChangeTopic, number>>;
  #timer: NodeJS.Timeout | null = null;
  #refreshing: Promise<void> = Promise.resolve();

  private constructor(
    input: LiveInput,
    state: LiveState,
    marks: Readonly<Record<ChangeTopic, number>>,
    accounts: Awaited<ReturnType<typeof loadCodexAccounts>>,
  ) {
    this.#input = input;
    this.#state = state;
    this.#marks = marks;
    const desk: CodexDesk = {
      ctx: input.ctx,
      keyring: input.keyring,
      config: () => this.#state.settings.effective,
      changed: (topic) => this.refresh(topic),
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    };
    this.codex = { desk, accounts: new CodexAccounts(desk, accounts) };
  }

  static async load(input: LiveInput): Promise<Live> {
    const { ctx, keyring, config, sources } = input;
    // Marks first: a change between the two reads is then seen again, never missed.
    const marks = await readChangeMarks(ctx);
    const accounts = await loadCodexAccounts(ctx);
    const settings = await loadSettings(ctx, config, sources);
    const parts = {
      settings,
      identity: await loadIdentity(ctx),
      catalog: await loadCatalog(ctx),
      topology: await loadTopology(ctx, keyring),
      subscriptions: await loadSubscriptions(ctx, ctx.clock.now()),
    };
    return new Live(input, complete(parts), marks, accounts);
  }

  get state(): LiveState {
    return this.#state;
  }

  /** The price of a model in force at an instant; null when it has none. */
  priceAt(model: Model, at: EpochMs): Price | null {
    return this.#state.catalog.priceAt(model.id, at);
  }

  /** Renews one part; resolves when requests are decided by it. Refreshes never overtake one another. */
  refresh(topic: ChangeTopic): Promise<void> {
    const next = this.#refreshing.then(() => this.#reload(topic));
    this.#refreshing = next.catch(() => {});
    return next;
  }

  onChange(listener: (topic: ChangeTopic) => void): void {
    this.#listeners.push(listener);
  }

  /** Follows changes made by other processes until `stop`. */
  follow(): void {
    // The next look begins after the last one ended: a database that is slow must not gather waiting looks.
    this.#timer = setTimeout(async () => {
      await this.#compareMarks();
      if (this.#timer) this.follow();
    }, WATCH_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #compareMarks(): Promise<void> {
    const { ctx } = this.#input;
    try {
      const marks = await readChangeMarks(ctx);
      for (const topic of TOPICS) {
        if (marks[topic] !== this.#marks[topic]) await this.#catchUp(topic, marks[topic]);
      }
    } catch (error) {
      ctx.log.warn({ error: describeError(error) }, 'changes cannot be read, the last known state stays in force');
    }
  }

  /** One topic that cannot be read keeps no other from being renewed; it is tried again at the next look. */
  async #catchUp(topic: ChangeTopic, mark: number): Promise<void> {
    try {
      await this.refresh(topic);
      this.#marks = { ...this.#marks, [topic]: mark };
    } catch (error) {
      this.#input.ctx.log.warn(
        { topic, error: describeError(error) },
        'changes cannot be read, the last known state stays in force',
      );
    }
  }

  async #reload(topic: ChangeTopic): Promise<void> {
    const { ctx, keyring, config, sources } = this.#input;
    const before = this.#state;
    switch (topic) {
      case 'settings':
        this.#state = complete({ ...before, settings: await loadSettings(ctx, config, sources) });
        break;
      case 'identity':
        this.#state = { ...before, identity: await loadIdentity(ctx) };
        break;
      case 'models':
        this.#state = complete({ ...before, catalog: await loadCatalog(ctx) });
        break;
      case 'upstreams': {
        const accounts = await loadCodexAccounts(ctx);
        this.#state = complete({ ...before, topology: await loadTopology(ctx, keyring) });
        this.codex.accounts.replace(accounts);
        break;
      }
      case 'subscriptions':
        this.#state = { ...before, subscriptions: await loadSubscriptions(ctx, ctx.clock.now()) };
        break;
    }
    for (const listener of this.#listeners) listener(topic);
  }
}

function complete(parts: Omit<LiveState, 'features' | 'routes'>): LiveState {
  const { settings, identity, catalog, topology, subscriptions } = parts;
  const features = featureStateEffective(settings);
  const routes = new RouteTable(catalog, topology, features.models.disabled);
  return { settings, features, identity, catalog, topology, subscriptions, routes };
}

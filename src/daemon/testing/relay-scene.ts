import { createKey, type KeySettings, type User } from '../../core/identity/index.ts';
import { newId } from '../../core/ids.ts';
import type { Model } from '../../core/models/index.ts';
import type { Upstream } from '../../core/upstreams/index.ts';
import type { Decision, UsageEvent } from '../../core/usage/index.ts';
import type { BootedDaemon, UpstreamChanges } from './boot-daemon.ts';
import { type FakeUpstream, startFakeUpstream } from './fake-upstream.ts';
import { type HttpExchange, type HttpOptions, httpExchange } from './http-exchange.ts';

export interface SceneOptions {
  /** How many upstreams there are, asked in this order; 1 unless said. */
  readonly upstreams?: number;
  /** Credentials at each of them; 1 unless said. */
  readonly credentials?: number;
  /** One for each upstream, or one for all. */
  readonly changes?: UpstreamChanges | readonly UpstreamChanges[];
  readonly upstreamModel?: string;
  /** Where the fakes' own ids begin. */
  readonly firstSerial?: number;
  readonly key?: KeySettings;
}

/**
 * A stage of its own within a running daemon: fake upstreams, a model that only they have, and a user with a key.
 * Scenes of one daemon do not see each other.
 */
export async function openScene(boot: BootedDaemon, options: SceneOptions = {}): Promise<Scene> {
  const { ctx } = boot;
  // The end of an id is chance; its beginning is the time.
  const tag = newId('req', ctx.clock.now(), ctx.random)
    .slice(-8)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, 'x');
  const count = options.upstreams ?? 1;
  const fakes: FakeUpstream[] = [];
  const upstreams: Upstream[] = [];
  for (let i = 0; i < count; i++) {
    const fake = await startFakeUpstream(options.firstSerial === undefined ? {} : { firstSerial: options.firstSerial });
    boot.adopt(fake);
    fakes.push(fake);
    const keys = Array.from({ length: options.credentials ?? 1 }, (_, at) => `sk-up${i + 1}-c${at + 1}-${tag}`);
    const { changes } = options;
    const own = changes !== undefined && Symbol.iterator in changes ? changes[i] : changes;
    upstreams.push(await boot.addUpstream(`up${i + 1}-${tag}`, `${fake.url}/v1`, keys, { priority: i, ...own }));
  }
  const model = await boot.addModel(`model-${tag}`, upstreams, options.upstreamModel);
  const user = await boot.addUser(`user-${tag}`);
  const { key, text } = await boot.change((tx) => createKey(tx, { ...options.key, userId: user.id, name: 'main' }));
  return new Scene(boot, { tag, fakes, upstreams, model, user, key, keyText: text.reveal() });
}

interface Props {
  readonly tag: string;
  readonly fakes: readonly FakeUpstream[];
  readonly upstreams: readonly Upstream[];
  readonly model: Model;
  readonly user: User;
  readonly key: Awaited<ReturnType<typeof createKey>>['key'];
  readonly keyText: string;
}

export class Scene {
  readonly boot: BootedDaemon;
  readonly tag: string;
  readonly fakes: readonly FakeUpstream[];
  readonly upstreams: readonly Upstream[];
  readonly model: string;
  readonly modelRow: Model;
  readonly user: User;
  readonly key: Props['key'];
  readonly keyText: string;

  constructor(boot: BootedDaemon, props: Props) {
    this.boot = boot;
    this.tag = props.tag;
    this.fakes = props.fakes;
    this.upstreams = props.upstreams;
    this.model = props.model.publicId;
    this.modelRow = props.model;
    this.user = props.user;
    this.key = props.key;
    this.keyText = props.keyText;
  }

  /** The first fake, for scenes of one. */
  get up(): FakeUpstream {
    return at(this.fakes, 0);
  }

  get second(): FakeUpstream {
    return at(this.fakes, 1);
  }

  /** How often each fake was asked. */
  get asked(): readonly number[] {
    return this.fakes.map((fake) => fake.requests.length);
  }

  async post(path: string, body: unknown, options: HttpOptions = {}): Promise<HttpExchange> {
    return await this.call(path, { method: 'POST', body, ...options });
  }

  async call(path: string, options: HttpOptions = {}): Promise<HttpExchange> {
    const headers = { authorization: `Bearer ${this.keyText}`, ...options.headers };
    return await httpExchange(`${this.boot.url}${path}`, { ...options, headers });
  }

  async chat(fields: Readonly<Record<string, unknown>> = {}, options: HttpOptions = {}): Promise<HttpExchange> {
    return await this.post('/v1/chat/completions', { ...this.chatBody(), ...fields }, options);
  }

  async chatStream(fields: Readonly<Record<string, unknown>> = {}, options: HttpOptions = {}): Promise<HttpExchange> {
    return await this.chat({ stream: true, ...fields }, options);
  }

  async responses(fields: Readonly<Record<string, unknown>> = {}, options: HttpOptions = {}): Promise<HttpExchange> {
    return await this.post('/v1/responses', { model: this.model, input: 'hello', ...fields }, options);
  }

  async responsesStream(
    fields: Readonly<Record<string, unknown>> = {},
    options: HttpOptions = {},
  ): Promise<HttpExchange> {
    return await this.responses({ stream: true, ...fields }, options);
  }

  chatBody(): { readonly model: string; readonly messages: readonly object[] } {
    return { model: this.model, messages: [{ role: 'user', content: 'hello' }] };
  }

  /** Another key of the same user, or of another one. */
  async addKey(settings: KeySettings & { readonly user?: User; readonly name?: string } = {}): Promise<string> {
    const { user = this.user, name = `key-${Math.floor(performance.now() * 1000)}`, ...rest } = settings;
    return (await this.boot.change((tx) => createKey(tx, { ...rest, userId: user.id, name }))).text.reveal();
  }

  async events(count: number): Promise<readonly UsageEvent[]> {
    return await this.boot.events(this.user.id, count);
  }

  /** The one event of this scene; fails when there is another number of them. */
  async onlyEvent(): Promise<UsageEvent> {
    const events = await this.events(1);
    if (events.length !== 1) throw new Error(`${events.length} usage events instead of one`);
    return at(events, 0);
  }

  async lastDecision(): Promise<Decision> {
    const events = await this.events(1);
    return await this.boot.decision(at(events, events.length - 1).id);
  }

  /** Rows of `cooldowns` about this scene's credentials and endpoints, oldest first. */
  async cooldowns(): Promise<readonly Record<string, unknown>[]> {
    const ids = this.upstreams
      .flatMap(({ credentials, endpoints }) => [...credentials, ...endpoints])
      .map(({ id }) => id);
    const rows = await this.boot.rows('cooldowns');
    return rows
      .filter(({ subject }) => ids.some((id) => String(subject).startsWith(id)))
      .sort((a, b) => Number(a['created_at']) - Number(b['created_at']));
  }
}

/** An element that has to be there. */
export function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new Error(`there is no item ${index} among ${items.length}`);
  return item;
}

/** The error object of an answer in OpenAI's shape. */
export function errorOf(exchange: HttpExchange): Readonly<Record<string, unknown>> {
  return (JSON.parse(exchange.text) as { error: Record<string, unknown> }).error;
}

import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import { Failure } from '../../core/failure.ts';
import { type AddressGuard, guardedConnector, refuseLiteral } from '../../core/outbound.ts';
import type { Secret } from '../../core/secret.ts';
import { isPrivateAddress } from '../../core/upstreams/index.ts';
import { UndiciSender, UpstreamPool, type UpstreamSender } from '../transport/index.ts';

/** Both ways to one place: ours for calls, and undici's for what is rare, odd, or goes through a proxy. */
interface Way {
  readonly sender: UpstreamSender;
  close(): Promise<void>;
  destroy(): void;
}

export interface EgressOptions {
  readonly connectTimeoutMs: number;
  /** Connections for each origin. */
  readonly connectionsMax: number;
}

/** Where a request goes and by which way. */
export interface EgressTarget {
  readonly origin: string;
  readonly allowPrivate: boolean;
  readonly proxyUrl: Secret | null;
}

const KEEP_ALIVE_MS = 30_000;

/**
 * Connections to upstreams: one pool for each origin, way and permission. The address is checked when a connection is
 * made, after the name was resolved, so that a name that changes its address (DNS rebinding) reaches nothing private.
 */
export class Egress {
  readonly #pools = new Map<string, Dispatcher>();
  readonly #ways = new Map<string, Way>();
  /** No longer used for new requests, but not yet done with those under way. */
  readonly #retiring = new Set<Dispatcher | Way>();
  /** Origins that answer in a form which only undici reads. */
  readonly #odd = new Set<string>();
  readonly #options: () => EgressOptions;
  #isDestroyed = false;

  constructor(options: () => EgressOptions) {
    this.#options = options;
  }

  /** True once the relay itself has ended every call; what fails then says nothing about an upstream. */
  get isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  /** For relayed calls. @throws Error when the address may not be dialled, or the relay is stopping. */
  senderFor(target: EgressTarget): UpstreamSender {
    if (this.#isDestroyed) throw new Error('the relay is stopping');
    const key = keyOf(target);
    const known = this.#ways.get(key);
    if (known) return known.sender;
    const made = target.proxyUrl || this.#odd.has(target.origin) ? this.#byUndici(target) : this.#direct(target);
    this.#ways.set(key, made);
    return made.sender;
  }

  /** For calls that undici makes: tests of a credential, looks at stored answers. */
  dispatcherFor(target: EgressTarget): Dispatcher {
    if (this.#isDestroyed) throw new Error('the relay is stopping');
    const key = keyOf(target);
    const known = this.#pools.get(key);
    if (known) return known;
    const made = this.#open(target);
    this.#pools.set(key, made);
    return made;
  }

  /** Closes pools that no target needs any more; requests under way finish first. */
  async retain(targets: readonly EgressTarget[]): Promise<void> {
    const needed = new Set(targets.map(keyOf));
    const obsolete = [...this.#obsolete(this.#pools, needed), ...this.#obsolete(this.#ways, needed)];
    await Promise.allSettled(obsolete.map((pool) => this.#retire(pool)));
  }

  /** Ends every connection at once. */
  async destroy(): Promise<void> {
    this.#isDestroyed = true;
    const pools = [...this.#pools.values(), ...this.#ways.values(), ...this.#retiring];
    this.#pools.clear();
    this.#ways.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #obsolete<Pool>(pools: Map<string, Pool>, needed: ReadonlySet<string>): Pool[] {
    return [...pools].flatMap(([key, pool]) => {
      if (needed.has(key)) return [];
      pools.delete(key);
      return [pool];
    });
  }

  #retire(pool: Dispatcher | Way): Promise<void> {
    this.#retiring.add(pool);
    return pool.close().finally(() => this.#retiring.delete(pool));
  }

  #direct(target: EgressTarget): Way {
    const { connectTimeoutMs, connectionsMax } = this.#options();
    const pool = new UpstreamPool(target.origin, {
      connect: guardedConnector(guardOf(target, connectTimeoutMs)),
      connectionsMax,
      keepAliveMs: KEEP_ALIVE_MS,
      onOdd: () => this.#leaveToUndici(target),
    });
    return { sender: pool, close: () => pool.close(), destroy: () => pool.destroy() };
  }

  /** Its pools are the dispatchers, which are closed as such. */
  #byUndici(target: EgressTarget): Way {
    const sender = new UndiciSender(this.dispatcherFor(target), target.origin);
    return { sender, close: async () => {}, destroy: () => {} };
  }

  #leaveToUndici(target: EgressTarget): void {
    this.#odd.add(target.origin);
    const key = keyOf(target);
    const way = this.#ways.get(key);
    this.#ways.delete(key);
    if (way) void this.#retire(way);
  }

  #open(target: EgressTarget): Dispatcher {
    const { connectTimeoutMs, connectionsMax } = this.#options();
    const guard = guardOf(target, connectTimeoutMs);
    const shape = {
      connections: connectionsMax,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    if (target.proxyUrl) {
      // The proxy resolves the name, so only a literal address can be checked here.
      refuseLiteral(new URL(target.origin).hostname, guard);
      return new ProxyAgent({ ...shape, uri: target.proxyUrl.reveal(), proxyTunnel: true });
    }
    return new Pool(target.origin, { ...shape, connect: guardedConnector(guard) });
  }
}

function keyOf(target: EgressTarget): string {
  return `${target.origin} ${target.allowPrivate} ${target.proxyUrl?.reveal() ?? ''}`;
}

function guardOf({ allowPrivate }: EgressTarget, connectTimeoutMs: number): AddressGuard {
  return { isAllowedAddress: (ip) => allowPrivate || !isPrivateAddress(ip), connectTimeoutMs, deny: deniedAddress };
}

function deniedAddress(host: string): Error {
  const failure = new Failure('forbidden', {
    message: `${host} is a private address and this upstream may not use one`,
    hint: 'allow it with: realms upstream edit NAME --allow-private',
  });
  return new Error(failure.message, { cause: failure });
}

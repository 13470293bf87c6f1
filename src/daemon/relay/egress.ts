import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import { Failure } from '../../core/failure.ts';
import { type AddressGuard, guardedConnector, refuseLiteral } from '../../core/outbound.ts';
import type { Secret } from '../../core/secret.ts';
import { isPrivateAddress } from '../../core/upstreams/index.ts';

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
  /** No longer used for new requests, but not yet done with those under way. */
  readonly #retiring = new Set<Dispatcher>();
  readonly #options: () => EgressOptions;
  #isDestroyed = false;

  constructor(options: () => EgressOptions) {
    this.#options = options;
  }

  /** True once the relay itself has ended every call; what fails then says nothing about an upstream. */
  get isDestroyed(): boolean {
    return this.#isDestroyed;
  }

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
    const obsolete = [...this.#pools].filter(([key]) => !needed.has(key));
    for (const [key, pool] of obsolete) {
      this.#pools.delete(key);
      this.#retiring.add(pool);
    }
    await Promise.allSettled(obsolete.map(([, pool]) => pool.close().finally(() => this.#retiring.delete(pool))));
  }

  /** Ends every connection at once. */
  async destroy(): Promise<void> {
    this.#isDestroyed = true;
    const pools = [...this.#pools.values(), ...this.#retiring];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
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

import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { OddAnswer } from './answer-head.ts';
import { requestHead } from './request-text.ts';
import { type ConnectionOwner, type OutgoingCall, UpstreamConnection } from './upstream-connection.ts';
import type { UpstreamHandler, UpstreamRequest, UpstreamSender } from './upstream-listener.ts';

export interface UpstreamPoolOptions {
  readonly connect: buildConnector.connector;
  readonly connectionsMax: number;
  /** How long an idle connection is kept, unless the upstream says that it keeps it for less. */
  readonly keepAliveMs: number;
  /** The upstream answers in a form that is left to undici. */
  onOdd(why: string): void;
}

class PoolClosed extends Error {
  readonly code = 'UND_ERR_DESTROYED';
}

const TICK_MS = 500;
/** The upstream closes when its time is over, and what is sent just then is lost. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/**
 * Connections to one origin for calls that are made often. A call takes the connection that was idle for the shortest
 * time, or a new one; beyond the greatest number it waits for one to become free.
 */
export class UpstreamPool implements UpstreamSender, ConnectionOwner {
  readonly #options: UpstreamPoolOptions;
  readonly #place: buildConnector.Options;
  readonly #authority: string;
  readonly #connections = new Set<UpstreamConnection>();
  readonly #idle: UpstreamConnection[] = [];
  readonly #waiting: OutgoingCall[] = [];
  #connecting = 0;
  #tick = 0;
  readonly #timer: NodeJS.Timeout;
  #isClosing = false;
  #onEmpty: (() => void) | null = null;

  constructor(origin: string, options: UpstreamPoolOptions) {
    const { host, hostname, protocol, port } = new URL(origin);
    this.#options = options;
    this.#authority = host;
    this.#place = { host, hostname: hostname.replace(/^\[|\]$/g, ''), protocol, port };
    this.#timer = setInterval(() => this.#sweep(), TICK_MS).unref();
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): void {
    if (this.#isClosing) throw new PoolClosed('the pool is closed');
    const call: OutgoingCall = { head: requestHead(request, this.#authority), body: request.body, handler };
    const free = this.#idle.pop();
    if (free) {
      // Given up before it went out: the connection is still free.
      if (!free.send(call)) this.#rest(free, null);
      return;
    }
    this.#waiting.push(call);
    if (this.#connections.size + this.#connecting < this.#options.connectionsMax) this.#connect();
  }

  /** Takes no new calls; resolves when those under way are over. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const connection of this.#idle.splice(0)) connection.destroy(null);
    if (this.#waiting.length > 0 || this.#connecting > 0 || this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
      });
    }
    clearInterval(this.#timer);
  }

  /** Ends everything at once. */
  destroy(): void {
    this.#isClosing = true;
    clearInterval(this.#timer);
    const error = new PoolClosed('the pool was closed');
    for (const call of this.#waiting.splice(0)) call.handler.onError(error);
    for (const connection of [...this.#connections]) connection.destroy(error);
    this.#tellWhenEmpty();
  }

  idle(connection: UpstreamConnection, keepAliveMs: number | null): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) if (connection.send(next)) return;
    this.#rest(connection, keepAliveMs);
  }

  gone(connection: UpstreamConnection, error: Error | null): void {
    this.#connections.delete(connection);
    const at = connection.isBusy ? -1 : this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (error instanceof OddAnswer) this.#options.onOdd(error.message);
    if (this.#waiting.length > this.#connecting) this.#connect();
    this.#tellWhenEmpty();
  }

  #rest(connection: UpstreamConnection, keepAliveMs: number | null): void {
    if (this.#isClosing) return connection.destroy(null);
    const hintMs = keepAliveMs === null ? Number.POSITIVE_INFINITY : keepAliveMs - KEEP_ALIVE_MARGIN_MS;
    const ticks = Math.floor(Math.min(this.#options.keepAliveMs, hintMs) / TICK_MS);
    if (ticks < 1) return connection.destroy(null);
    connection.idleUntil = this.#tick + ticks;
    this.#idle.push(connection);
  }

  #connect(): void {
    this.#connecting++;
    this.#options.connect(this.#place, (...[error, socket]) => {
      this.#connecting--;
      if (error === null) this.#opened(socket);
      else {
        const call = this.#waiting.shift();
        call?.handler.onError(error);
      }
      this.#tellWhenEmpty();
    });
  }

  #opened(socket: Socket): void {
    const connection = new UpstreamConnection(socket, this);
    this.#connections.add(connection);
    this.idle(connection, null);
  }

  #sweep(): void {
    this.#tick++;
    // The oldest stand first, but those with a hint of their own may be over earlier.
    for (const connection of this.#idle.filter(({ idleUntil }) => idleUntil <= this.#tick)) connection.destroy(null);
  }

  #tellWhenEmpty(): void {
    if (this.#onEmpty && this.#waiting.length === 0 && this.#connecting === 0 && this.#connections.size === 0) {
      this.#onEmpty();
    }
  }
}

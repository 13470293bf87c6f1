import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { LeanConnection, type LeanHouse } from './lean-connection.ts';
import type { LeanExchange } from './lean-exchange.ts';

export interface LeanDoorOptions<Match extends object> {
  /** Idle connections are closed after this long; also what node:http is told. */
  readonly keepAliveMs: number;
  /** How long the first bytes of a new connection may take. */
  readonly headersTimeoutMs: number;
  /** How long a whole request may take to arrive. */
  readonly requestTimeoutMs: number;
  now(): number;
  /** Says which POST targets are for the lean path; null leaves the request to node:http. */
  recognise(target: string): Match | null;
  serve(match: Match, exchange: LeanExchange): void;
  /** Says so where a request did not arrive in its time. */
  readonly refuseLate: (socket: Socket) => void;
}

const TICK_MS = 500;

/**
 * Stands before a server of node:http and answers the plain requests of busy paths without it: parsing, streams and
 * events of node:http cost as much as everything that the relay does with such a request. Whatever is not beyond doubt
 * goes to node:http unread, and with it all that follows on that connection.
 */
export class LeanDoor<Match extends object> implements LeanHouse<Match> {
  isDraining = false;
  readonly keepAliveSeconds: number;
  tick = 0;
  readonly #options: LeanDoorOptions<Match>;
  readonly #connections: LeanConnection[] = [];
  readonly #toNode: (socket: Socket) => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(server: Server, options: LeanDoorOptions<Match>) {
    this.#options = options;
    this.keepAliveSeconds = Math.floor(options.keepAliveMs / 1_000);
    const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
    this.#toNode = (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    };
    server.removeAllListeners('connection');
    server.on('connection', (socket) => this.#enter(socket));
    server.once('listening', () => {
      this.#timer = setInterval(() => this.#sweep(), TICK_MS).unref();
    });
    server.once('close', () => {
      if (this.#timer) clearInterval(this.#timer);
    });
  }

  now(): number {
    return this.#options.now();
  }

  recognise(target: string): Match | null {
    return this.#options.recognise(target);
  }

  serve(match: Match, exchange: LeanExchange): void {
    this.#options.serve(match, exchange);
  }

  handOver(connection: LeanConnection, unused: Buffer): void {
    this.closed(connection);
    const socket = connection.release();
    this.#toNode(socket);
    // Behind the listeners of node:http, so that it reads these bytes before any others.
    socket.unshift(unused);
  }

  closed(connection: LeanConnection): void {
    const { slot } = connection;
    if (slot < 0) return;
    connection.slot = -1;
    const last = this.#connections.pop();
    if (!last || last === connection) return;
    last.slot = slot;
    this.#connections[slot] = last;
  }

  /** Answers from now on close their connections, and so do those that wait for a request. */
  drain(): void {
    this.isDraining = true;
    this.closeIdle();
  }

  closeIdle(): void {
    for (const connection of [...this.#connections]) if (connection.state === 'idle') connection.close();
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const connection of [...this.#connections]) connection.destroy();
  }

  #enter(socket: Socket): void {
    const connection = new LeanConnection(socket, this);
    connection.slot = this.#connections.length;
    this.#connections.push(connection);
  }

  #sweep(): void {
    this.tick++;
    const { keepAliveMs, headersTimeoutMs, requestTimeoutMs } = this.#options;
    for (const connection of [...this.#connections]) {
      // The tick in which the wait began counts for nothing, so that nobody is closed early.
      const waitedMs = (this.tick - connection.since - 1) * TICK_MS;
      const { state } = connection;
      if (state === 'receiving') {
        if (isOver(waitedMs, requestTimeoutMs)) connection.refuse(this.#options.refuseLate);
      } else if (state === 'idle' && connection.hasServed) {
        if (isOver(waitedMs, keepAliveMs)) connection.close();
      } else if (state === 'idle' && isOver(waitedMs, headersTimeoutMs)) {
        connection.refuse(this.#options.refuseLate);
      }
    }
  }
}

/** 0 is no limit. */
function isOver(waitedMs: number, limitMs: number): boolean {
  return limitMs > 0 && waitedMs >= limitMs;
}

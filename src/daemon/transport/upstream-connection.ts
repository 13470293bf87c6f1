import type { Socket } from 'node:net';
import type { ReadAnswerHead } from './answer-head.ts';
import { AnswerReader, type AnswerSink } from './answer-reader.ts';
import { joined } from './joined.ts';
import type { UpstreamHandler } from './upstream-listener.ts';

/** Where a connection belongs. */
export interface ConnectionOwner {
  /** It can take the next call; `keepAliveMs` is how long the upstream says it keeps it, if it says so. */
  idle(connection: UpstreamConnection, keepAliveMs: number | null): void;
  gone(connection: UpstreamConnection, error: Error | null): void;
}

/** A call that is ready to go out. */
export interface OutgoingCall {
  readonly head: string;
  readonly body: Buffer | readonly Buffer[] | null;
  readonly handler: UpstreamHandler;
}

const NOTHING = Buffer.alloc(0);

class ClosedByUpstream extends Error {
  readonly code = 'UND_ERR_SOCKET';
}

/** One connection to an upstream, with one call at a time. */
export class UpstreamConnection implements AnswerSink {
  /** Tick of the pool until which it may stay idle. */
  idleUntil = 0;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #reader = new AnswerReader(this);
  #handler: UpstreamHandler | null = null;
  #keepsAlive = false;
  #keepAliveMs: number | null = null;
  #isGone = false;

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    socket.on('data', (chunk: Buffer) => this.#feed(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new ClosedByUpstream('other side closed')));
  }

  /** True while a call is under way. */
  get isBusy(): boolean {
    return this.#handler !== null;
  }

  /** False: the call was given up before it went out, and the connection is free. */
  send({ head, body, handler }: OutgoingCall): boolean {
    this.#handler = handler;
    this.#keepsAlive = false;
    let isSent = false;
    handler.onConnect((reason) => {
      if (this.#handler !== handler) return;
      if (isSent) this.#fail(reason);
      else {
        this.#handler = null;
        handler.onError(reason);
      }
    });
    if (this.#handler !== handler) return false;
    isSent = true;
    this.#reader.expect();
    this.#write(head, body);
    return true;
  }

  head({ status, headers, keepsAlive, keepAliveMs }: ReadAnswerHead): void {
    this.#keepsAlive = keepsAlive;
    this.#keepAliveMs = keepAliveMs;
    this.#handler?.onHeaders(status, headers, this.#resume);
  }

  data(chunk: Buffer): void {
    if (this.#handler && !this.#handler.onData(chunk)) this.#socket.pause();
  }

  end(): void {
    const handler = this.#handler;
    if (!handler) return;
    this.#handler = null;
    // An answer that came before its request was out leaves the rest of that request in the way.
    if (!this.#keepsAlive || this.#socket.writableLength > 0) this.destroy(null);
    else {
      this.#socket.resume();
      this.#owner.idle(this, this.#keepAliveMs);
    }
    handler.onComplete();
  }

  /** Ends it at once; a call under way gets the error. */
  destroy(error: Error | null): void {
    if (error) this.#fail(error);
    else this.#leave(null);
  }

  readonly #resume = (): void => {
    this.#socket.resume();
  };

  #write(head: string, body: OutgoingCall['body']): void {
    const socket = this.#socket;
    const whole = body === null || Buffer.isBuffer(body) ? joined(head, body ?? NOTHING, '') : null;
    if (whole) {
      socket.write(whole);
      return;
    }
    socket.cork();
    socket.write(head, 'latin1');
    for (const piece of Buffer.isBuffer(body) ? [body] : (body ?? [])) socket.write(piece);
    socket.uncork();
  }

  #feed(chunk: Buffer): void {
    try {
      this.#reader.feed(chunk);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #onEnd(): void {
    try {
      if (this.#reader.ended()) return;
    } catch (error) {
      return this.#fail(error as Error);
    }
    this.#fail(new ClosedByUpstream('other side closed'));
  }

  #fail(error: Error): void {
    const handler = this.#handler;
    this.#handler = null;
    this.#leave(error);
    handler?.onError(error);
  }

  #leave(error: Error | null): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#socket.destroy();
    this.#owner.gone(this, error);
  }
}

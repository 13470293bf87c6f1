import type { Socket } from 'node:net';
import { bodyCutOff } from '../wire/index.ts';
import { BodyRoom } from './body-room.ts';
import { type ExchangeWire, LeanExchange } from './lean-exchange.ts';
import { type KnownHead, readLeanHead } from './lean-head.ts';

/** What a connection asks of the door through which it came. */
export interface LeanHouse<Match extends object> {
  readonly isDraining: boolean;
  readonly keepAliveSeconds: number;
  /** Coarse time, in ticks of the door's own clock. */
  readonly tick: number;
  now(): number;
  /** Null: not a request for the lean path. */
  recognise(target: string): Match | null;
  serve(match: Match, exchange: LeanExchange): void;
  /** Gives the connection to node:http for good, with bytes that were read and not used. */
  handOver(connection: LeanConnection, unused: Buffer): void;
  closed(connection: LeanConnection): void;
}

interface Remembered {
  readonly head: KnownHead;
  readonly match: object;
}

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * One connection of a client as long as it sends only requests that the lean path takes; the first that it does not
 * take goes to node:http with everything behind it. One exchange at a time: what a client sends ahead waits.
 */
export class LeanConnection implements ExchangeWire {
  readonly peer: string;
  /** Kept by the door's list. */
  slot = -1;
  /** Tick of the door since which it waits: for a request, or for the rest of a body. */
  since: number;
  hasServed = false;
  readonly #socket: Socket;
  readonly #house: LeanHouse<object>;
  #exchange: LeanExchange | null = null;
  #remembered: Remembered | null = null;
  #isClosing = false;
  /** Bytes of the running request's body that nobody took yet, whether they are kept here or still to come. */
  #untaken = 0;
  /** What came and was not used yet, in its order: a body, then what was sent ahead. */
  #kept: Buffer = NOTHING;
  #room: BodyRoom | null = null;
  #waiter: { resolve(body: Buffer): void; reject(reason: unknown): void } | null = null;

  constructor(socket: Socket, house: LeanHouse<object>) {
    this.#socket = socket;
    this.#house = house;
    this.peer = socket.remoteAddress ?? '';
    this.since = house.tick;
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  get state(): 'idle' | 'receiving' | 'answering' {
    if (this.#untaken > this.#kept.length) return 'receiving';
    return this.#exchange ? 'answering' : 'idle';
  }

  answerFacts(keepsAlive: boolean): { keepsAlive: boolean; keepAliveSeconds: number; now: number } {
    const { isDraining, keepAliveSeconds } = this.#house;
    return { keepsAlive: keepsAlive && !isDraining, keepAliveSeconds, now: this.#house.now() };
  }

  takeBody(): Buffer | Promise<Buffer> {
    const length = this.#untaken;
    const kept = this.#kept;
    if (kept.length >= length) {
      this.#untaken = 0;
      this.#kept = kept.length === length ? NOTHING : kept.subarray(length);
      return kept.subarray(0, length);
    }
    const room = new BodyRoom(length);
    room.add(kept);
    this.#untaken = room.missing;
    this.#kept = NOTHING;
    this.#room = room;
    this.#socket.resume();
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  write(bytes: Buffer): boolean {
    return this.#socket.write(bytes);
  }

  writeText(text: string): boolean {
    return this.#socket.write(text, 'latin1');
  }

  writeParts(before: string, bytes: Buffer, after: string): boolean {
    const socket = this.#socket;
    socket.cork();
    if (before !== '') socket.write(before, 'latin1');
    let goesOn = socket.write(bytes);
    if (after !== '') goesOn = socket.write(after, 'latin1');
    socket.uncork();
    return goesOn;
  }

  /** The answer is handed over. The next request may begin, once the rest of a body that nobody wanted is gone. */
  answered(keepsAlive: boolean): void {
    this.#exchange = null;
    this.#room = null;
    this.since = this.#house.tick;
    if (!keepsAlive) return this.close();
    if (this.#untaken === 0 && this.#kept.length === 0) return;
    // Not from within the call that ended the answer: a client that sends much ahead would make the stack grow.
    process.nextTick(() => this.#goOn());
  }

  /** What was written still goes out; nothing more is read. */
  close(): void {
    this.#isClosing = true;
    this.#socket.destroySoon();
  }

  /** Closes it with what `say` writes, whatever was going on. */
  refuse(say: (socket: Socket) => void): void {
    this.#isClosing = true;
    say(this.#socket);
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The socket is somebody else's from here on. */
  release(): Socket {
    const socket = this.#socket;
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onEnd);
    socket.off('error', this.#onError);
    socket.off('close', this.#onClose);
    return socket;
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isClosing) return;
    if (this.#room) this.#fill(this.#room, chunk);
    else if (this.#exchange) this.#keep(chunk);
    else if (this.#untaken > 0) this.#skip(chunk);
    else this.#begin(chunk);
  };

  readonly #onDrain = (): void => this.#exchange?.drained();

  /** As in node:http, who closes one direction has left. */
  readonly #onEnd = (): void => {
    this.#socket.end();
  };

  /** 'close' follows, and says all that matters. */
  readonly #onError = (): void => {
    this.#socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#house.closed(this);
    const waiter = this.#waiter;
    this.#waiter = null;
    this.#room = null;
    const exchange = this.#exchange;
    this.#exchange = null;
    waiter?.reject(bodyCutOff());
    exchange?.connectionClosed();
  };

  #begin(chunk: Buffer): void {
    const known = this.#recall(chunk);
    if (!known) return this.#house.handOver(this, chunk);
    const { head, bodyStart, bodyLength } = known.head;
    const here = chunk.length - bodyStart;
    this.hasServed = true;
    this.#untaken = bodyLength;
    this.#kept = here === 0 ? NOTHING : chunk.subarray(bodyStart);
    if (here > bodyLength) this.#socket.pause();
    else if (here < bodyLength) this.since = this.#house.tick;
    const exchange = new LeanExchange(this, head, bodyLength);
    this.#exchange = exchange;
    this.#house.serve(known.match, exchange);
  }

  /** What is known of the head at the beginning of a chunk; null when it is none for us. */
  #recall(chunk: Buffer): Remembered | null {
    if (this.#remembered?.head.begins(chunk)) return this.#remembered;
    const head = readLeanHead(chunk);
    const match = head && this.#house.recognise(head.head.target);
    if (!match) return null;
    this.#remembered = { head, match };
    return this.#remembered;
  }

  #fill(room: BodyRoom, chunk: Buffer): void {
    const { missing } = room;
    room.add(chunk);
    this.#untaken = room.missing;
    if (room.missing > 0) return;
    this.#room = null;
    if (chunk.length > missing) this.#keep(chunk.subarray(missing));
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.resolve(room.whole);
  }

  /** Nobody takes it yet: it waits, and the client with it. */
  #keep(chunk: Buffer): void {
    this.#kept = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    this.#socket.pause();
  }

  /** A body that nobody wanted. */
  #skip(chunk: Buffer): void {
    const skipped = Math.min(this.#untaken, chunk.length);
    this.#untaken -= skipped;
    if (chunk.length > skipped) this.#begin(chunk.subarray(skipped));
  }

  /** Between two requests, with a body to skip or bytes in hand. */
  #goOn(): void {
    const kept = this.#kept;
    this.#kept = NOTHING;
    if (this.#socket.destroyed) return;
    this.#socket.resume();
    if (kept.length > 0) this.#onData(kept);
  }
}

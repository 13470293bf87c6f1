import { answerHead } from './answer-text.ts';
import type { AnswerListener, AnswerWriter, Arrival } from './arrival.ts';
import { joined } from './joined.ts';
import type { LeanHead } from './lean-head.ts';

const CHUNKS_END = '0\r\n\r\n';

/** What an exchange asks of the connection that it runs on. */
export interface ExchangeWire {
  readonly peer: string;
  answerFacts(keepsAlive: boolean): Parameters<typeof answerHead>[2];
  takeBody(): Buffer | Promise<Buffer>;
  write(bytes: Buffer): boolean;
  writeText(text: string): boolean;
  writeParts(before: string, bytes: Buffer, after: string): boolean;
  answered(keepsAlive: boolean): void;
  destroy(): void;
}

/** One request on a lean connection and the way back for its answer. */
export class LeanExchange implements Arrival, AnswerWriter {
  readonly head: LeanHead;
  readonly peer: string;
  readonly contentLength: number;
  /** Null once the answer is handed over, or the connection is gone. */
  #connection: ExchangeWire | null;
  #listener: AnswerListener | null = null;
  /** The head of the answer until it goes out with the first bytes. */
  #headText = '';
  #isChunked = false;
  #isEnded = false;
  #keepsAlive: boolean;

  constructor(connection: ExchangeWire, head: LeanHead, contentLength: number) {
    this.#connection = connection;
    this.head = head;
    this.peer = connection.peer;
    this.contentLength = contentLength;
    this.#keepsAlive = head.keepsAlive;
  }

  takeBody(): Buffer | Promise<Buffer> {
    const connection = this.#connection;
    if (!connection) throw new Error('the body of a request is asked for behind its end');
    return connection.takeBody();
  }

  listen(listener: AnswerListener): void {
    this.#listener = listener;
  }

  writeHead(status: number, headers: readonly string[]): void {
    const connection = this.#connection;
    if (!connection) return;
    const head = answerHead(status, headers, connection.answerFacts(this.#keepsAlive));
    this.#headText = head.text;
    this.#isChunked = head.isChunked;
    this.#keepsAlive = head.keepsAlive;
  }

  write(chunk: Buffer): boolean {
    // A chunk of no bytes would end a chunked body.
    return chunk.length === 0 || this.#send(chunk, '');
  }

  end(chunk?: Buffer): void {
    const connection = this.#connection;
    if (this.#isEnded || !connection) return;
    this.#isEnded = true;
    const isEmpty = chunk === undefined || chunk.length === 0;
    const last = this.#isChunked ? CHUNKS_END : '';
    if (!isEmpty) this.#send(chunk, last);
    else if (this.#headText !== '' || last !== '') connection.writeText(this.#takeHead() + last);
    this.#connection = null;
    this.#listener = null;
    connection.answered(this.#keepsAlive);
  }

  destroy(): void {
    this.#connection?.destroy();
  }

  drained(): void {
    this.#listener?.drained();
  }

  connectionClosed(): void {
    const listener = this.#listener;
    this.#connection = null;
    this.#listener = null;
    listener?.clientLeft();
  }

  #send(chunk: Buffer, last: string): boolean {
    const connection = this.#connection;
    if (!connection) return true;
    let before = this.#takeHead();
    let after = last;
    if (this.#isChunked) {
      before += `${chunk.length.toString(16)}\r\n`;
      after = `\r\n${last}`;
    }
    const whole = joined(before, chunk, after);
    return whole ? connection.write(whole) : connection.writeParts(before, chunk, after);
  }

  #takeHead(): string {
    const text = this.#headText;
    this.#headText = '';
    return text;
  }
}

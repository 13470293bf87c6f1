import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A client that sends bytes as they are and keeps what comes back. */
export class RawClient {
  readonly socket: Socket;
  got = '';
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => {
      this.got += data.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  send(text: string | Buffer): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** Sends each piece by itself, as far as the system lets it. */
  async sendPieces(pieces: readonly string[], pauseMs = 1): Promise<void> {
    for (const piece of pieces) {
      this.send(piece);
      await sleep(pauseMs);
    }
  }

  /** Waits until `text` has come, and fails after two seconds. */
  async until(isThere: (got: string) => boolean): Promise<string> {
    for (const deadline = Date.now() + 2_000; !isThere(this.got); await sleep(2)) {
      if (Date.now() > deadline) throw new Error(`not there, but: ${JSON.stringify(this.got.slice(0, 2_000))}`);
    }
    return this.got;
  }

  /** Waits until the connection is closed, or nothing has come for `quietMs`. */
  async settled(quietMs: number): Promise<void> {
    for (let quiet = 0, before = this.got.length; !this.isClosed && quiet < quietMs; quiet += 3) {
      await sleep(3);
      if (this.got.length !== before) quiet = 0;
      before = this.got.length;
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A well-formed request. */
export function post(target: string, body: string, more = ''): string {
  return `POST ${target} HTTP/1.1\r\nHost: here\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
}

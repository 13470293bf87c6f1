import { connect, type Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';
import type { Aim } from './load-plan.ts';

/** One keep-alive connection of a client. */
export class ClientConnection {
  readonly #socket: Socket;
  onBody: ((part: Buffer) => void) | null = null;
  onAnswer: (status: number) => void = () => {};
  onBroken: (why: string) => void = () => {};
  #isClosing = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new AnswerReader(
      (part) => this.onBody?.(part),
      (status) => this.onAnswer(status),
    );
    socket.on('data', (data) => reader.feed(data));
    socket.on('error', (error) => this.#broken(error.message));
    socket.on('close', () => this.#broken('the connection was closed'));
  }

  static open(port: number): Promise<ClientConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new ClientConnection(socket));
      });
    });
  }

  send(request: Buffer): void {
    this.#socket.write(request);
  }

  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #broken(why: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.onBroken(why);
  }
}

/** The bytes of a whole chat request, as an SDK would send it. */
export function requestBytes(aim: Aim, body: Buffer, path = '/v1/chat/completions'): Buffer {
  const head =
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${aim.port}\r\ncontent-type: application/json\r\n` +
    `accept: application/json\r\nuser-agent: realms-bench/1\r\nauthorization: Bearer ${aim.key}\r\n` +
    `content-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

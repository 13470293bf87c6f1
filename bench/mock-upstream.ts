import { createServer, type Socket } from 'node:net';
import { chatAnswer, chatChunk, chatStreamEnd } from './chat-text.ts';
import { nowMicros } from './now-micros.ts';
import { reportReady } from './ready.ts';

/**
 * The provider: a program of its own that speaks just enough HTTP/1.1 over bare sockets, because it shares a core with
 * the load client and what it costs is load that cannot be made. Bodies are read and thrown away.
 */

const HEAD_END = Buffer.from('\r\n\r\n');
const EMPTY = Buffer.alloc(0);
/** A body up to this size is looked at whole for what the stream should be; of a larger one only the beginning. */
const LOOK_BYTES = 2_048;

const answerBody = chatAnswer();
const ANSWER = Buffer.concat([
  Buffer.from(
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench_0001\r\n' +
      `openai-processing-ms: 12\r\ncontent-length: ${answerBody.length}\r\n\r\n`,
  ),
  answerBody,
]);
const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nx-request-id: req_bench_0002\r\n' +
  'cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n';

class Connection {
  readonly #socket: Socket;
  #kept: Buffer = EMPTY;
  #bodyLeft = 0;
  #look = '';

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  read(arrived: Buffer): void {
    if (this.#bodyLeft > 0) {
      if (arrived.length < this.#bodyLeft) {
        this.#bodyLeft -= arrived.length;
        return;
      }
      const rest = arrived.subarray(this.#bodyLeft);
      this.#bodyLeft = 0;
      this.#answer();
      if (rest.length > 0) this.read(rest);
      return;
    }
    const data = this.#kept.length > 0 ? Buffer.concat([this.#kept, arrived]) : arrived;
    this.#kept = EMPTY;
    const headEnd = data.indexOf(HEAD_END);
    const length = headEnd === -1 ? 0 : contentLength(data, headEnd);
    const bodyAt = headEnd + HEAD_END.length;
    // A small body is waited for whole; of a large one nothing is kept.
    if (headEnd === -1 || (length <= LOOK_BYTES && data.length < bodyAt + length)) {
      this.#kept = data;
      return;
    }
    this.#look = data.toString('latin1', bodyAt, Math.min(data.length, bodyAt + Math.min(length, LOOK_BYTES)));
    this.#bodyLeft = length;
    const rest = data.subarray(bodyAt);
    if (length > 0) {
      if (rest.length > 0) this.read(rest);
    } else this.#answer();
  }

  #answer(): void {
    const look = this.#look;
    if (!look.includes('"stream":true')) {
      this.#socket.write(ANSWER);
      return;
    }
    const chunks = Number(/bench_chunks(?:":"|=)(\d+)/.exec(look)?.[1] ?? 10);
    const everyMs = Number(/bench_every_ms(?:":"|=)(\d+)/.exec(look)?.[1] ?? 20);
    this.#stream(chunks, everyMs, look.includes('"include_usage":true'));
  }

  #stream(chunks: number, everyMs: number, isUsageAsked: boolean): void {
    const socket = this.#socket;
    socket.write(STREAM_HEAD + httpChunk(chatChunk(nowMicros(), isUsageAsked)));
    let left = chunks - 1;
    const timer = setInterval(() => {
      if (socket.destroyed || left <= 0) {
        clearInterval(timer);
        if (!socket.destroyed) socket.write(`${httpChunk(chatStreamEnd(isUsageAsked))}0\r\n\r\n`);
        return;
      }
      left--;
      socket.write(httpChunk(chatChunk(nowMicros(), isUsageAsked)), 'latin1');
    }, everyMs);
  }
}

/** All that the mock sends is ASCII, so characters count as bytes. */
function httpChunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

function contentLength(data: Buffer, headEnd: number): number {
  const length = /\r\ncontent-length: *(\d+)/i.exec(data.toString('latin1', 0, headEnd));
  return length ? Number(length[1]) : 0;
}

const server = createServer({ noDelay: true }, (socket) => {
  const connection = new Connection(socket);
  socket.on('data', (data) => connection.read(data));
  socket.on('error', () => socket.destroy());
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () => reportReady(server));

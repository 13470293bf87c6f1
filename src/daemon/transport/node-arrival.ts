import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectBody } from '../wire/index.ts';
import type { AnswerListener, AnswerWriter, Arrival, ArrivedHead } from './arrival.ts';

/** A request that node:http has parsed. */
export class NodeArrival implements Arrival {
  readonly head: ArrivedHead;
  readonly peer: string;
  readonly contentLength: number | undefined;
  readonly #req: IncomingMessage;

  constructor(req: IncomingMessage) {
    const { headers, method = '', rawHeaders, socket } = req;
    const length = headers['content-length'];
    const forwardedFor = headers['x-forwarded-for'];
    this.#req = req;
    this.peer = socket.remoteAddress ?? '';
    this.contentLength = length === undefined ? undefined : Number(length);
    this.head = {
      method,
      rawHeaders,
      contentEncoding: headers['content-encoding'],
      forwardedFor: Array.isArray(forwardedFor) ? forwardedFor.join(',') : forwardedFor,
      note: null,
    };
  }

  takeBody(maxBytes: number): Promise<Buffer> {
    return collectBody(this.#req, maxBytes);
  }
}

/** The answer to a request that node:http has parsed. */
export class NodeAnswer implements AnswerWriter {
  readonly #res: ServerResponse;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  listen(listener: AnswerListener): void {
    const res = this.#res;
    // On Node 16 and newer `req` closes as soon as its body is read; only `res` tells that the client went away.
    res.once('close', () => {
      if (!res.writableFinished) listener.clientLeft();
    });
    res.on('drain', () => listener.drained());
  }

  writeHead(status: number, headers: readonly string[]): void {
    this.#res.writeHead(status, headers as string[]);
  }

  write(chunk: Buffer): boolean {
    return this.#res.write(chunk);
  }

  end(chunk?: Buffer): void {
    this.#res.end(chunk);
  }

  destroy(): void {
    this.#res.destroy();
  }
}

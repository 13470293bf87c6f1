import type { Dispatcher } from 'undici';
import type { UpstreamHandler, UpstreamRequest, UpstreamSender } from './upstream-listener.ts';

/** Sends by undici: through proxies, and to origins whose answers the lean reader does not take. */
export class UndiciSender implements UpstreamSender {
  readonly #dispatcher: Dispatcher;
  readonly #origin: string;

  constructor(dispatcher: Dispatcher, origin: string) {
    this.#dispatcher = dispatcher;
    this.#origin = origin;
  }

  send({ path, method, headers, body }: UpstreamRequest, handler: UpstreamHandler): void {
    const options = {
      origin: this.#origin,
      path,
      method: method as Dispatcher.HttpMethod,
      headers: headers as string[],
      // undici writes any iterable of buffers; its types leave that out.
      body: body as Buffer | null,
    };
    this.#dispatcher.dispatch(options, new RawHandler(handler));
  }
}

/** undici's raw handler: no streams and no promises for each chunk. */
class RawHandler implements Dispatcher.DispatchHandler {
  readonly #handler: UpstreamHandler;

  constructor(handler: UpstreamHandler) {
    this.#handler = handler;
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#handler.onConnect(abort);
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (status < 200) return true;
    const headers: string[] = [];
    for (let i = 0; i + 1 < raw.length; i += 2) {
      headers.push((raw[i] as Buffer).toString('latin1').toLowerCase(), (raw[i + 1] as Buffer).toString('latin1'));
    }
    this.#handler.onHeaders(status, headers, resume);
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.#handler.onData(chunk);
  }

  onComplete(): void {
    this.#handler.onComplete();
  }

  onError(error: Error): void {
    this.#handler.onError(error);
  }
}

/** A request for an upstream, ready to be written. */
export interface UpstreamRequest {
  readonly path: string;
  readonly method: string;
  /** Flat, with lower-case names; without `host` and, unless the body is in pieces, without `content-length`. */
  readonly headers: readonly string[];
  readonly body: Buffer | readonly Buffer[] | null;
}

/** Who is told what becomes of one call. After `onComplete` or `onError` nothing more comes. */
export interface UpstreamHandler {
  /** The call is about to be written. `abort` ends it at any time; `onError` then gets the reason. */
  onConnect(abort: (reason: Error) => void): void;
  /** `headers` is flat, with lower-case names. Interim answers (1xx) are not told. */
  onHeaders(status: number, headers: readonly string[], resume: () => void): void;
  /** False: pause until `resume`. What was read from the socket already still comes. */
  onData(chunk: Buffer): boolean;
  onComplete(): void;
  onError(error: Error): void;
}

/** Something that can send a call. */
export interface UpstreamSender {
  /** @throws TypeError for a request that no HTTP message can carry. */
  send(request: UpstreamRequest, handler: UpstreamHandler): void;
}

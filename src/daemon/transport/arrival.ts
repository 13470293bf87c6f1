/** The head of a request, whichever parser read it. */
export interface ArrivedHead {
  readonly method: string;
  /** Flat, as they came: name, value, name, value … A Content-Length may be missing from it. */
  readonly rawHeaders: readonly string[];
  readonly contentEncoding: string | undefined;
  readonly forwardedFor: string | undefined;
  /**
   * For whoever reads the head: what was made of it. A client sends the same head again with its next request on the
   * same connection, and then gets the same object here.
   */
  note: unknown;
}

/** A request of which the head is here and the body may still be on its way. */
export interface Arrival {
  readonly head: ArrivedHead;
  /** Address of the other end of the connection. */
  readonly peer: string;
  /** Undefined when nobody said it before: a chunked body, or none. */
  readonly contentLength: number | undefined;
  /**
   * The body as it comes over the wire; at once when it is here already. Call it at most once.
   * @throws Failure too_large beyond `maxBytes`; invalid_input when the client goes away before the end.
   */
  takeBody(maxBytes: number): Buffer | Promise<Buffer>;
}

/** Who wants to know what becomes of an answer. */
export interface AnswerListener {
  /** The connection closed before the whole answer was handed over. */
  clientLeft(): void;
  /** The client has taken what was written. */
  drained(): void;
}

/** The way back to a client. */
export interface AnswerWriter {
  /** Call it once, before anything else. */
  listen(listener: AnswerListener): void;
  /** Status and headers go out with the next bytes. `headers` is flat. */
  writeHead(status: number, headers: readonly string[]): void;
  /** False when the client is slower than what is written: wait for `drained`. */
  write(chunk: Buffer): boolean;
  end(chunk?: Buffer): void;
  /** Cuts the connection. */
  destroy(): void;
}

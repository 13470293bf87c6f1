/**
 * Every way in which Realms says "cannot go on". Doors translate the code once: daemon/http to a status,
 * cli to an exit code. A new code needs a row in both tables; the compiler insists.
 */
export type FailureCode =
  | 'invalid_input'
  | 'not_found'
  | 'already_exists'
  | 'conflict'
  | 'feature_disabled'
  | 'unauthenticated'
  | 'forbidden'
  | 'too_large'
  | 'unsupported_encoding'
  | 'overloaded'
  | 'upstream_failed'
  | 'database_failed'
  | 'config_invalid'
  | 'internal';

export interface FailureFacts {
  /** One sentence for a person: what failed and why. Never holds a secret. */
  readonly message: string;
  /** What to do about it, preferably a command. */
  readonly hint?: string;
  /** The field, flag or config key at fault. */
  readonly param?: string;
  /** Several faults at once, each with its place. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
}

/** Thrown when the caller cannot go on. Expected answers (refused, already done) are values instead. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly facts: FailureFacts;

  constructor(code: FailureCode, facts: FailureFacts | string, cause?: unknown) {
    const full = typeof facts === 'string' ? { message: facts } : facts;
    super(full.message, cause === undefined ? undefined : { cause });
    this.name = 'Failure';
    this.code = code;
    this.facts = full;
  }
}

/** Turns anything thrown into text for a log line; secrets are typed, so they cannot be in it. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `: ${describeError(error.cause)}`;
  return `${error.message}${cause}`;
}

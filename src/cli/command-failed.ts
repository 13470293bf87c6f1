import { Failure, type FailureFacts } from '../core/failure.ts';
import { EXIT, EXIT_OF_FAILURE, type ExitCode } from './exit-codes.ts';

export interface FailedFacts extends FailureFacts {
  /** Stable word for scripts, such as `not_found`. */
  readonly code: string;
  readonly requestId?: string;
}

/** A command that could not do its work, with the status it ends with. */
export class CommandFailed extends Error {
  readonly exit: ExitCode;
  readonly facts: FailedFacts;

  constructor(exit: ExitCode, facts: FailedFacts, cause?: unknown) {
    super(facts.message, cause === undefined ? undefined : { cause });
    this.name = 'CommandFailed';
    this.exit = exit;
    this.facts = facts;
  }
}

/** The person typed something that cannot be meant; nothing was sent. */
export function wrongUsage(message: string, hint?: string): CommandFailed {
  return new CommandFailed(EXIT.usage, { code: 'usage', message, ...(hint === undefined ? {} : { hint }) });
}

export function asCommandFailed(error: unknown): CommandFailed {
  if (error instanceof CommandFailed) return error;
  if (error instanceof Failure) {
    return new CommandFailed(EXIT_OF_FAILURE[error.code], { ...error.facts, code: error.code }, error);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new CommandFailed(EXIT.failed, { code: 'internal', message: `unexpected: ${message}` }, error);
}

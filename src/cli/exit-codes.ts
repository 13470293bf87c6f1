import type { FailureCode } from '../core/failure.ts';

/** Every status with which the command line ends. Scripts rely on these numbers: none is ever given a new meaning. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notPermitted: 4,
  conflict: 5,
  configInvalid: 6,
  unreachable: 7,
  thirdParty: 8,
  confirmationNeeded: 9,
  busy: 75,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'done, also when it was so already',
  1: 'failed; doctor or a verification found a failure',
  2: 'wrong usage, invalid value or ambiguous name',
  3: 'not found, or the feature is disabled',
  4: 'not authenticated or not permitted',
  5: 'conflict with what exists',
  6: 'the configuration is not valid',
  7: 'the daemon cannot be reached, or its version does not fit',
  8: 'an upstream failed',
  9: 'needs a confirmation and nobody can be asked',
  75: 'the daemon is busy; try again later',
  130: 'interrupted',
};

export const EXIT_OF_FAILURE: Readonly<Record<FailureCode, ExitCode>> = {
  invalid_input: EXIT.usage,
  not_found: EXIT.notFound,
  already_exists: EXIT.conflict,
  conflict: EXIT.conflict,
  feature_disabled: EXIT.notFound,
  unauthenticated: EXIT.notPermitted,
  forbidden: EXIT.notPermitted,
  too_large: EXIT.usage,
  unsupported_encoding: EXIT.usage,
  overloaded: EXIT.busy,
  upstream_failed: EXIT.thirdParty,
  database_failed: EXIT.failed,
  config_invalid: EXIT.configInvalid,
  internal: EXIT.failed,
};

/** For an answer whose code this version does not know: a newer daemon or a proxy in between. */
export function exitOfStatus(status: number): ExitCode {
  if (status === 401 || status === 403) return EXIT.notPermitted;
  if (status === 404) return EXIT.notFound;
  if (status === 409 || status === 412) return EXIT.conflict;
  if (status === 429 || status === 503) return EXIT.busy;
  if (status === 502 || status === 504) return EXIT.unreachable;
  return status >= 400 && status < 500 ? EXIT.usage : EXIT.failed;
}

export function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(EXIT_OF_FAILURE, code);
}

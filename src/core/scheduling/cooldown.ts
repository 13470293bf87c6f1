import type { CooldownId } from '../ids.ts';
import type { EpochMs } from '../time.ts';

export const COOLDOWN_SCOPES = ['credential', 'credential_model', 'endpoint'] as const;
/** What rests: a whole credential, one model of a credential, or an address. */
export type CooldownScope = (typeof COOLDOWN_SCOPES)[number];

/** A rest, with its end and why. It survives a restart and ends early when evidence shows that it is over. */
export interface Cooldown {
  readonly id: CooldownId;
  readonly scope: CooldownScope;
  /** As in `Candidate.subjects`. */
  readonly subject: string;
  readonly until: EpochMs;
  /** The error class that caused it. */
  readonly reason: string;
  /** What was seen: status and the provider's code, never its whole text. */
  readonly evidence: string;
  /** Where the length comes from: the provider's header, its body, an operator's rule, or a default. */
  readonly source: 'header' | 'body' | 'rule' | 'default';
  /** How often in a row the default had to be lengthened. */
  readonly rung: number;
  readonly createdAt: EpochMs;
}

/** Reasons that no success of another request can refute: only time, a test or the operator ends them. */
export const LASTING_REASONS: ReadonlySet<string> = new Set(['auth', 'usage_limit', 'billing']);

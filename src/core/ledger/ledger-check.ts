import { type Ctx, inSnapshot, missingTriggers } from '../database/index.ts';

/** A row that breaks a rule of the books. */
export interface Violation {
  /** Id of the row. */
  readonly subject: string;
  /** What is wrong with it, with the numbers that do not fit. */
  readonly detail: string;
}

/** One rule of the books and how to find what breaks it. Every room exports its own. */
export interface LedgerCheck {
  /** What a person asks for: `balances-equal-transfers`. */
  readonly name: string;
  /** The rule, as one sentence that holds. */
  readonly doc: string;
  /** The rows that break it, at most `VIOLATIONS_MAX` of them; reads only, and sees one moment throughout. */
  find(ctx: Ctx): Promise<readonly Violation[]>;
}

/** Whoever has so many has to look at what they have in common, not at each. */
export const VIOLATIONS_MAX = 1_000;

export interface CheckResult {
  readonly check: LedgerCheck;
  readonly violations: readonly Violation[];
  readonly tookMs: number;
}

/** Runs a check on the state of one moment. */
export async function runCheck(ctx: Ctx, check: LedgerCheck): Promise<CheckResult> {
  const started = ctx.clock.monotonicMs();
  const violations = await inSnapshot(ctx, async (snapshot) => await check.find(snapshot));
  return { check, violations: violations.slice(0, VIOLATIONS_MAX), tookMs: ctx.clock.monotonicMs() - started };
}

/** The check that the database still has the triggers that a room relies on. */
export function triggerCheck(room: string, triggers: readonly string[]): LedgerCheck {
  return {
    name: `${room}-triggers`,
    doc: `the database itself guards the books: ${triggers.join(', ')} are in place`,
    async find(ctx) {
      const missing = await missingTriggers(ctx.db, triggers);
      return missing.map((subject) => ({ subject, detail: 'the trigger is missing or switched off' }));
    },
  };
}

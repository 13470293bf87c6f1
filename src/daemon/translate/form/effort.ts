import type { Reasoning } from './prompt.ts';

type Effort = NonNullable<Reasoning['effort']>;

/** Some wires ask for reasoning by the word and some by the token; this is the one table between them. */
const BUDGETS: readonly (readonly [Effort, number])[] = [
  ['none', 0],
  ['minimal', 1024],
  ['low', 4096],
  ['medium', 10_240],
  ['high', 24_576],
  ['xhigh', 49_152],
  ['max', 98_304],
];

/**
 * The effort as a word: what the client said, or the least that has room for its budget. Null: not said.
 * A budget is never more than `high`: many models refuse the words above it, so those are for clients that say them.
 */
export function effortOf(reasoning: Reasoning | null): Effort | null {
  if (!reasoning) return null;
  const { effort, budgetTokens } = reasoning;
  if (effort !== null || budgetTokens === null) return effort;
  return BUDGETS.find(([word, budget]) => word === 'high' || budgetTokens <= budget)?.[0] ?? 'high';
}

/** The effort as a number of tokens: what the client said, or that of its word. Null: not said. */
export function budgetOf(reasoning: Reasoning | null): number | null {
  if (!reasoning) return null;
  const { effort, budgetTokens } = reasoning;
  return budgetTokens ?? BUDGETS.find(([word]) => word === effort)?.[1] ?? null;
}

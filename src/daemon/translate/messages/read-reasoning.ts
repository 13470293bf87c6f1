import type { Field, Reasoning } from '../form/index.ts';

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
const OUTPUT_FIELDS = new Set(['effort', 'format']);
const THINKING_FIELDS = new Set([
  'type',
  'budget_tokens',
  'display',
  // What the provider does with thoughts that it does not recognise as its own.
  'block_binding',
]);

/**
 * Reads `thinking` and `output_config.effort`. Whoever wants thinking also wants it back, so seals are always wanted.
 * Thinking that is off outweighs an effort: on other wires there is but one word for both.
 */
export function readReasoning(thinking: Field, output: Field): Reasoning | null {
  const effort = output.isAbsent ? null : output.only(OUTPUT_FIELDS).at('effort').choice(EFFORTS);
  if (thinking.isAbsent) return effort === null ? null : { effort, budgetTokens: null, summary: null, wantsSeal: true };
  const type = thinking.only(THINKING_FIELDS).at('type').choice(['enabled', 'adaptive', 'disabled']);
  if (type === null) return thinking.at('type').refuse('is missing');
  if (type === 'disabled') return { effort: 'none', budgetTokens: null, summary: null, wantsSeal: false };
  return { effort, budgetTokens: readBudget(thinking, type), summary: readDisplay(thinking), wantsSeal: true };
}

function readBudget(thinking: Field, type: 'enabled' | 'adaptive'): number | null {
  const budget = thinking.at('budget_tokens');
  const tokens = budget.integer();
  if (type === 'adaptive') return null;
  return tokens !== null && tokens > 0 ? tokens : budget.refuse('must be a positive integer');
}

// Thoughts are shown unless the client says otherwise.
function readDisplay(thinking: Field): 'none' | 'auto' {
  return thinking.at('display').choice(['summarized', 'omitted', 'updates']) === 'omitted' ? 'none' : 'auto';
}

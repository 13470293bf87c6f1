import {
  type Asked,
  budgetOf,
  cannot,
  effortOf,
  type Json,
  type Prompt,
  type Reasoning,
  withoutNulls,
} from '../form/index.ts';

export interface Thinking {
  readonly thinking: Json | null;
  /** `output_config.effort`. */
  readonly effort: string | null;
  readonly maxTokens: number;
  readonly isOn: boolean;
}

/** Models that think by a budget only; all later ones decide for themselves, and the newest refuse a budget. */
const BUDGETED = /claude-(?:3-7|(?:opus|sonnet)-4(?:-[01])?(?:-2\d{7})?$|(?:opus|sonnet|haiku)-4-5)/;
/** The API's own least. */
const BUDGET_MIN = 1024;
/** Left for the answer itself. */
const ANSWER_MIN = 1024;

/**
 * Writes `thinking`, effort and `max_tokens`, which the API wants always and counts thinking into.
 *
 * - `none` → disabled. An effort → adaptive and that effort (`minimal` → `low`, the least there is). A budget → the effort
 *   that has room for it; or the budget itself where the client is of this wire or the model knows nothing else.
 * - On a budgeted model thinking is left off where the API would refuse it: no room in `max_tokens`, or an unfinished
 *   round of tools whose thoughts are not this provider's own.
 * @throws Untranslatable when a tool is forced, which goes with thinking on no model.
 */
export function writeThinking(prompt: Prompt, asked: Asked): Thinking {
  const { reasoning } = prompt;
  const maxTokens = prompt.sampling.maxOutputTokens ?? defaultMaxTokens(prompt.model);
  const off = { thinking: null, effort: null, maxTokens, isOn: false };
  if (reasoning === null) return off;
  if (effortOf(reasoning) === 'none') return { ...off, thinking: { type: 'disabled' } };
  const thinking = asked.from === 'messages' ? own(reasoning, maxTokens) : foreign(prompt, reasoning, maxTokens);
  if (thinking.isOn && asked.from !== 'messages') refuseForcedTool(prompt, asked);
  return thinking;
}

/** Every Claude since 4 writes this many; the first ones less (Anthropic, "Models overview"). */
function defaultMaxTokens(model: string): number {
  if (/claude-3-5/.test(model)) return 8192;
  return /claude-3-(?:opus|sonnet|haiku)/.test(model) ? 4096 : 32_000;
}

function own(reasoning: Reasoning, maxTokens: number): Thinking {
  const budget = reasoning.budgetTokens;
  const type = budget ? { type: 'enabled', budget_tokens: budget } : { type: 'adaptive' };
  return { thinking: { ...type, ...display(reasoning) }, effort: wordOf(reasoning.effort), maxTokens, isOn: true };
}

function foreign(prompt: Prompt, reasoning: Reasoning, maxTokens: number): Thinking {
  if (!BUDGETED.test(prompt.model)) {
    return {
      thinking: { type: 'adaptive', ...display(reasoning) },
      effort: wordOf(effortOf(reasoning)),
      maxTokens,
      isOn: true,
    };
  }
  const budget = Math.min(Math.max(budgetOf(reasoning) ?? BUDGET_MIN, BUDGET_MIN), maxTokens - ANSWER_MIN);
  if (budget < BUDGET_MIN || isWithinForeignRound(prompt)) {
    return { thinking: null, effort: null, maxTokens, isOn: false };
  }
  return { thinking: { type: 'enabled', budget_tokens: budget }, effort: null, maxTokens, isOn: true };
}

function wordOf(effort: Reasoning['effort']): string | null {
  return effort === 'minimal' ? 'low' : effort === 'none' ? null : effort;
}

function display({ summary }: Reasoning): Json {
  return withoutNulls({ display: summary === null ? null : summary === 'none' ? 'omitted' : 'summarized' });
}

// "The final assistant message must start with a thinking block" while its calls wait for their results.
function isWithinForeignRound({ turns }: Prompt): boolean {
  const last = turns.findLast(({ role }) => role === 'assistant');
  if (!turns.at(-1)?.parts.some(({ kind }) => kind === 'tool-result')) return false;
  const [first] = last?.parts ?? [];
  return !(first?.kind === 'reasoning' && first.seal?.wire === 'messages');
}

function refuseForcedTool({ toolChoice }: Prompt, asked: Asked): void {
  if (toolChoice?.kind === 'tool' || toolChoice?.kind === 'required') {
    cannot(asked, 'toolChoice', 'a forced tool together with reasoning');
  }
}

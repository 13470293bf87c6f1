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

const INT32_MAX = 2_147_483_647;

/** Writes `generationConfig` (Gemini API reference, "GenerationConfig"); null when nothing was said. */
export function writeGeneration(prompt: Prompt, asked: Asked): Json | null {
  const { sampling, format } = prompt;
  if (sampling.seed !== null && Math.abs(sampling.seed) > INT32_MAX)
    cannot(asked, 'seed', 'a seed of more than 31 bits');
  const config = withoutNulls({
    maxOutputTokens: sampling.maxOutputTokens,
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: sampling.topK,
    stopSequences: sampling.stop.length > 0 ? sampling.stop : null,
    seed: sampling.seed,
    presencePenalty: sampling.presencePenalty,
    frequencyPenalty: sampling.frequencyPenalty,
    responseMimeType: format && 'application/json',
    // A name and a description of the schema have no place here, and every schema is strict.
    responseJsonSchema: format?.kind === 'schema' ? format.schema : null,
    thinkingConfig: prompt.reasoning && writeThinking(prompt.model, prompt.reasoning, asked),
  });
  return Object.keys(config).length === 0 ? null : config;
}

/** Models that count tokens of thinking; later ones know levels (Gemini API, "Thinking"). */
const BUDGETED = /gemini-(?:1|2)\b/;
/** The most that every budgeted model takes. */
const BUDGET_MAX = 24_576;
const LEVELS = {
  // Later models cannot be kept from thinking.
  none: 'MINIMAL',
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
} as const;

function writeThinking(model: string, reasoning: Reasoning, asked: Asked): Json | null {
  const includeThoughts = reasoning.summary === null ? null : reasoning.summary !== 'none';
  const config = withoutNulls({ ...writeAmount(model, reasoning, asked), includeThoughts });
  return Object.keys(config).length === 0 ? null : config;
}

function writeAmount(model: string, reasoning: Reasoning, asked: Asked): Json {
  const effort = effortOf(reasoning);
  // A client of the same wire knows what its model takes.
  if (asked.from === 'gemini') {
    if (effort === 'none') return { thinkingBudget: 0 };
    if (reasoning.budgetTokens) return { thinkingBudget: reasoning.budgetTokens };
    return { thinkingLevel: effort && LEVELS[effort] };
  }
  if (!BUDGETED.test(model)) return { thinkingLevel: effort && LEVELS[effort] };
  const budget = budgetOf(reasoning);
  return { thinkingBudget: budget === null ? null : Math.min(budget, BUDGET_MAX) };
}

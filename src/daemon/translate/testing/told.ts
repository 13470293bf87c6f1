import { NO_HINTS, NO_SAMPLING, type Prompt, type Told } from '../form/index.ts';

export const BARE_PROMPT: Prompt = {
  model: 'm',
  stream: true,
  turns: [],
  tools: [],
  toolChoice: null,
  parallelToolCalls: null,
  sampling: NO_SAMPLING,
  reasoning: null,
  format: null,
  verbosity: null,
  hints: NO_HINTS,
  wantsStreamUsage: true,
};

export const BARE_TOLD: Told = {
  prompt: BARE_PROMPT,
  seed: 'Seed0',
  createdAt: 1_700_000_000,
  model: 'model-of-client',
};

import type { Field, OutputFormat, Reasoning, Sampling } from '../form/index.ts';
import { NO_SAMPLING } from '../form/index.ts';
import { camel } from './camel.ts';
import { jsonSchemaOf } from './schema.ts';

export interface Generation {
  readonly sampling: Sampling;
  readonly reasoning: Reasoning | null;
  readonly format: OutputFormat | null;
}

const KNOWN = new Set([
  'candidateCount',
  'temperature',
  'topP',
  'topK',
  'maxOutputTokens',
  'stopSequences',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  // How the SDKs once wrote it.
  '_responseJsonSchema',
  'responseModalities',
  'thinkingConfig',
  // How finely images are looked at: price and detail, as far as the other provider has that choice at all.
  'mediaResolution',
  // Refused unless they ask for nothing.
  'responseLogprobs',
  'logprobs',
  'enableEnhancedCivicAnswers',
]);
const ONLY_SILENT = ['responseLogprobs', 'logprobs', 'enableEnhancedCivicAnswers'];

/** Reads `generationConfig` (Gemini API reference, "GenerationConfig"). */
export function readGeneration(config: Field): Generation {
  if (config.isAbsent) return { sampling: NO_SAMPLING, reasoning: null, format: null };
  config.only(KNOWN);
  for (const name of ONLY_SILENT) if (config.at(name).isSaying) config.at(name).refuse('cannot be had from this model');
  const count = config.at('candidateCount');
  if (!count.isAbsent && count.value !== 1) count.refuse('can only be 1 for this model');
  for (const modality of config.at('responseModalities').items()) {
    if (modality.text().toUpperCase() !== 'TEXT') modality.refuse('can only be TEXT for this model');
  }
  return {
    sampling: readSampling(config),
    reasoning: readThinking(camel(config.at('thinkingConfig'))),
    format: readFormat(config),
  };
}

function readSampling(config: Field): Sampling {
  return {
    maxOutputTokens: config.at('maxOutputTokens').integer(),
    temperature: config.at('temperature').number(),
    topP: config.at('topP').number(),
    topK: config.at('topK').number(),
    stop: config
      .at('stopSequences')
      .items()
      .map((item) => item.text()),
    seed: config.at('seed').integer(),
    presencePenalty: config.at('presencePenalty').number(),
    frequencyPenalty: config.at('frequencyPenalty').number(),
  };
}

const THINKING_FIELDS = new Set(['includeThoughts', 'thinkingBudget', 'thinkingLevel']);
const LEVELS = ['THINKING_LEVEL_UNSPECIFIED', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH'] as const;
const EFFORT_OF_LEVEL = {
  THINKING_LEVEL_UNSPECIFIED: null,
  MINIMAL: 'minimal',
  LOW: 'low',
  MEDIUM: 'medium',
  HIGH: 'high',
} as const;

// A budget of -1 leaves it to the model. What is thought has signatures, asked for or not.
function readThinking(config: Field): Reasoning | null {
  if (config.isAbsent) return null;
  const shown = config.only(THINKING_FIELDS).at('includeThoughts').flag();
  const level = config.at('thinkingLevel');
  const word = level.isAbsent ? null : level.text().toUpperCase();
  const known = LEVELS.find((name) => name === word);
  if (word !== null && known === undefined) level.refuse(`must be one of ${LEVELS.join(', ')}`);
  const budget = config.at('thinkingBudget').integer();
  return {
    effort: budget === 0 ? 'none' : EFFORT_OF_LEVEL[known ?? 'THINKING_LEVEL_UNSPECIFIED'],
    budgetTokens: budget !== null && budget > 0 ? budget : null,
    summary: shown === null ? null : shown ? 'auto' : 'none',
    wantsSeal: budget !== 0,
  };
}

/** The wire has no name for a schema; others want one. */
const SCHEMA_NAME = 'output';

function readFormat(config: Field): OutputFormat | null {
  const type = config.at('responseMimeType').choice(['text/plain', 'application/json']) ?? 'text/plain';
  const own = config.at('responseSchema');
  const standard = config.at('responseJsonSchema').isAbsent
    ? config.at('_responseJsonSchema')
    : config.at('responseJsonSchema');
  const schema = own.isAbsent ? standard.jsonOrNull() : jsonSchemaOf(own);
  if (type === 'text/plain') {
    return schema === null
      ? null
      : config.at('responseMimeType').refuse('must be application/json where a schema is given');
  }
  if (schema === null) return { kind: 'json' };
  return { kind: 'schema', name: SCHEMA_NAME, description: null, schema, strict: true };
}

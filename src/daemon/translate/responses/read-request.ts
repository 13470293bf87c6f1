import {
  Field,
  NO_SAMPLING,
  type OutputFormat,
  type Prompt,
  type Reasoning,
  type RequestFacts,
  type Sampling,
} from '../form/index.ts';
import { EFFORTS, readHints, VERBOSITIES } from '../openai/index.ts';
import { readInput } from './read-input.ts';
import { readToolChoice, readTools } from './read-tools.ts';
import { checkRequestFields } from './request-fields.ts';

/**
 * Reads the body of `POST /v1/responses` (OpenAI API reference, "Create a model response").
 * @throws Untranslatable
 */
export function readResponsesRequest(value: unknown, request: RequestFacts): Prompt {
  const body = new Field(value);
  checkRequestFields(body);
  const text = body.at('text');
  const { turns, tools } = readInput(body);
  return {
    model: body.at('model').textOrNull() ?? request.model,
    stream: readStream(body) ?? request.stream,
    turns,
    tools: [...readTools(body.at('tools')), ...tools],
    toolChoice: readToolChoice(body.at('tool_choice')),
    parallelToolCalls: body.at('parallel_tool_calls').flag(),
    sampling: readSampling(body),
    reasoning: readReasoning(body.at('reasoning'), readInclude(body.at('include'))),
    format: text.isAbsent ? null : readFormat(text.only(TEXT_FIELDS).at('format')),
    verbosity: text.isAbsent ? null : text.at('verbosity').choice(VERBOSITIES),
    hints: readHints(body),
    wantsStreamUsage: true,
  };
}

const TEXT_FIELDS = new Set(['format', 'verbosity']);
// Obfuscation pads events against eavesdroppers who measure them; no answer of another provider has it.
const STREAM_OPTIONS = new Set(['include_obfuscation', 'reasoning_summary_delivery']);

function readStream(body: Field): boolean | null {
  const options = body.at('stream_options');
  if (!options.isAbsent) options.only(STREAM_OPTIONS);
  return body.at('stream').flag();
}

function readSampling(body: Field): Sampling {
  return {
    ...NO_SAMPLING,
    maxOutputTokens: body.at('max_output_tokens').integer(),
    temperature: body.at('temperature').number(),
    topP: body.at('top_p').number(),
  };
}

/** Whether sealed reasoning is asked for; whatever else could be included comes from tools that are not there. */
function readInclude(include: Field): boolean {
  const items = include.items();
  for (const item of items) {
    if (item.text() !== 'reasoning.encrypted_content') item.refuse('cannot be had from this model');
  }
  return items.length > 0;
}

// `context` chooses among earlier thoughts that OpenAI keeps; other providers have no such choice to make.
const REASONING_FIELDS = new Set(['effort', 'summary', 'generate_summary', 'context', 'mode']);
const SUMMARIES = ['auto', 'concise', 'detailed'] as const;

function readReasoning(reasoning: Field, wantsSeal: boolean): Reasoning | null {
  const unsaid = { effort: null, budgetTokens: null, summary: null, wantsSeal };
  if (reasoning.isAbsent) return wantsSeal ? unsaid : null;
  reasoning.only(REASONING_FIELDS);
  reasoning.at('mode').choice(['standard']);
  const effort = reasoning.at('effort').choice(EFFORTS);
  const summary = reasoning.at('summary').choice(SUMMARIES) ?? reasoning.at('generate_summary').choice(SUMMARIES);
  return effort === null && summary === null && !wantsSeal ? null : { ...unsaid, effort, summary };
}

const FORMAT_FIELDS = new Set(['type', 'name', 'description', 'schema', 'strict']);

function readFormat(format: Field): OutputFormat | null {
  if (format.isAbsent) return null;
  const type = format.only(FORMAT_FIELDS).at('type').choice(['text', 'json_object', 'json_schema']);
  if (type === 'json_object') return { kind: 'json' };
  if (type !== 'json_schema') return null;
  return {
    kind: 'schema',
    name: format.at('name').text(),
    description: format.at('description').textOrNull(),
    schema: format.at('schema').json(),
    strict: format.at('strict').flag(),
  };
}

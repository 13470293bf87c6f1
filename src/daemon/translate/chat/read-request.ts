import {
  Field,
  type OutputFormat,
  type Prompt,
  type Reasoning,
  type RequestFacts,
  type Sampling,
} from '../form/index.ts';
import { EFFORTS, readHints, VERBOSITIES } from '../openai/index.ts';
import { readMessages } from './read-messages.ts';
import { readToolChoice, readTools } from './read-tools.ts';
import { checkRequestFields } from './request-fields.ts';

/**
 * Reads the body of `POST /v1/chat/completions` (OpenAI API reference, "Create chat completion").
 * @throws Untranslatable
 */
export function readChatRequest(value: unknown, request: RequestFacts): Prompt {
  const body = new Field(value);
  checkRequestFields(body);
  const streamOptions = body.at('stream_options');
  return {
    model: body.at('model').textOrNull() ?? request.model,
    stream: body.at('stream').flag() ?? request.stream,
    turns: readMessages(body.at('messages')),
    tools: readTools(body),
    toolChoice: readToolChoice(body.at('tool_choice')),
    parallelToolCalls: body.at('parallel_tool_calls').flag(),
    sampling: readSampling(body),
    reasoning: readReasoning(body.at('reasoning_effort')),
    format: readFormat(body.at('response_format')),
    verbosity: body.at('verbosity').choice(VERBOSITIES),
    hints: readHints(body),
    wantsStreamUsage: !streamOptions.isAbsent && wantsUsage(streamOptions),
  };
}

// Obfuscation pads events against eavesdroppers who measure them; no answer of another provider has it.
const STREAM_OPTIONS = new Set(['include_usage', 'include_obfuscation']);

function wantsUsage(options: Field): boolean {
  return options.only(STREAM_OPTIONS).at('include_usage').flag() ?? false;
}

function readSampling(body: Field): Sampling {
  return {
    maxOutputTokens: readMaxTokens(body),
    temperature: body.at('temperature').number(),
    topP: body.at('top_p').number(),
    topK: body.at('top_k').integer(),
    stop: readStop(body.at('stop')),
    seed: body.at('seed').integer(),
    presencePenalty: body.at('presence_penalty').number(),
    frequencyPenalty: body.at('frequency_penalty').number(),
  };
}

function readMaxTokens(body: Field): number | null {
  const older = body.at('max_tokens').integer();
  const newer = body.at('max_completion_tokens').integer();
  if (older !== null && newer !== null && older !== newer) {
    body.at('max_tokens').refuse('contradicts max_completion_tokens');
  }
  return newer ?? older;
}

function readStop(stop: Field): readonly string[] {
  return typeof stop.value === 'string' ? [stop.value] : stop.items().map((item) => item.text());
}

function readReasoning(effort: Field): Reasoning | null {
  if (effort.isAbsent) return null;
  return { effort: effort.choice(EFFORTS), budgetTokens: null, summary: null, wantsSeal: false };
}

const FORMAT_FIELDS = new Set(['type', 'json_schema']);
const SCHEMA_FIELDS = new Set(['name', 'description', 'schema', 'strict']);

function readFormat(format: Field): OutputFormat | null {
  if (format.isAbsent) return null;
  const type = format.only(FORMAT_FIELDS).at('type').choice(['text', 'json_object', 'json_schema']);
  if (type === 'json_object') return { kind: 'json' };
  if (type !== 'json_schema') return null;
  const schema = format.at('json_schema').only(SCHEMA_FIELDS);
  return {
    kind: 'schema',
    name: schema.at('name').text(),
    description: schema.at('description').textOrNull(),
    schema: schema.at('schema').jsonOrNull() ?? {},
    strict: schema.at('strict').flag(),
  };
}

import { createHash } from 'node:crypto';
import {
  Field,
  type Hints,
  NO_HINTS,
  type OutputFormat,
  type Prompt,
  type RequestFacts,
  type Sampling,
} from '../form/index.ts';
import { readMessages, readSystem } from './read-messages.ts';
import { readReasoning } from './read-reasoning.ts';
import { readParallelToolCalls, readToolChoice, readTools } from './read-tools.ts';
import { checkRequestFields } from './request-fields.ts';

/**
 * Reads the body of `POST /v1/messages` (Anthropic API reference, "Create a Message", and its `?beta=true` form).
 * @throws Untranslatable
 */
export function readMessagesRequest(value: unknown, request: RequestFacts): Prompt {
  const body = new Field(value);
  const maxOutputTokens = readMaxTokens(body.at('max_tokens'));
  if (maxOutputTokens === null) body.at('max_tokens').refuse('is required');
  return read(body, request, maxOutputTokens);
}

/**
 * Reads the body of `POST /v1/messages/count_tokens`: a request without what only its answer needs.
 * @throws Untranslatable
 */
export function readMessagesCount(value: unknown, request: RequestFacts): Prompt {
  const body = new Field(value);
  return { ...read(body, request, readMaxTokens(body.at('max_tokens'))), stream: false };
}

function read(body: Field, request: RequestFacts, maxOutputTokens: number | null): Prompt {
  checkRequestFields(body);
  return {
    model: body.at('model').textOrNull() ?? request.model,
    stream: body.at('stream').flag() ?? request.stream,
    turns: [...readSystem(body.at('system')), ...readMessages(body.at('messages'))],
    tools: readTools(body.at('tools')),
    toolChoice: readToolChoice(body.at('tool_choice')),
    parallelToolCalls: readParallelToolCalls(body.at('tool_choice')),
    sampling: readSampling(body, maxOutputTokens),
    reasoning: readReasoning(body.at('thinking'), body.at('output_config')),
    format: readFormat(body),
    verbosity: null,
    hints: readHints(body),
    wantsStreamUsage: false,
  };
}

function readMaxTokens(field: Field): number | null {
  const tokens = field.integer();
  // 0 fills the provider's cache and answers nothing.
  return tokens === null || tokens > 0 ? tokens : field.refuse('must be at least 1 for this model');
}

function readSampling(body: Field, maxOutputTokens: number | null): Sampling {
  return {
    maxOutputTokens,
    temperature: body.at('temperature').number(),
    topP: body.at('top_p').number(),
    topK: body.at('top_k').integer(),
    stop: body
      .at('stop_sequences')
      .items()
      .map((item) => item.text()),
    seed: null,
    presencePenalty: null,
    frequencyPenalty: null,
  };
}

const FORMAT_FIELDS = new Set(['type', 'schema']);
/** The wire has no name for a schema; others want one. */
const SCHEMA_NAME = 'output';

function readFormat(body: Field): OutputFormat | null {
  const current = body.at('output_config').isAbsent ? null : body.at('output_config').at('format');
  const format = current === null || current.isAbsent ? body.at('output_format') : current;
  if (format.isAbsent) return null;
  format.at('type').choice(['json_schema']);
  const schema = format.only(FORMAT_FIELDS).at('schema').json();
  return { kind: 'schema', name: SCHEMA_NAME, description: null, schema, strict: true };
}

const METADATA_FIELDS = new Set(['user_id']);

function readHints(body: Field): Hints {
  const metadata = body.at('metadata');
  const endUser = metadata.isAbsent ? null : metadata.only(METADATA_FIELDS).at('user_id').textOrNull();
  const serviceTier = body.at('service_tier').textOrNull();
  return { ...NO_HINTS, endUser: endUser && short(endUser), cacheKey: sessionOf(endUser), serviceTier };
}

/** The longest that every wire takes. */
const USER_MAX = 64;

// What Claude Code writes is longer, and tells of the device: the others get a name for it that stays the same.
function short(userId: string): string {
  return userId.length <= USER_MAX ? userId : createHash('sha256').update(userId).digest('hex');
}

// Claude Code writes JSON with `session_id` here, and `user_…_session_<id>` before that.
function sessionOf(userId: string | null): string | null {
  if (userId === null) return null;
  const session = /"session_id"\s*:\s*"([^"\\]{1,64})"|_session_([\w-]{1,64})$/.exec(userId);
  return session?.[1] ?? session?.[2] ?? null;
}

import {
  type Asked,
  cannot,
  effortOf,
  type Hints,
  type Json,
  type OutputFormat,
  type Prompt,
  type Reasoning,
  type Sampling,
  type ToolChoice,
  type UpstreamRequest,
  withoutNulls,
} from '../form/index.ts';
import { post, SERVICE_TIERS } from '../openai/index.ts';
import { writeInput } from './write-input.ts';
import { writeToolChoice, writeTools } from './write-tools.ts';

/**
 * Writes the body of `POST /responses` (OpenAI API reference, "Create a model response"). Instructions stand in the input,
 * where the client has them; nothing is stored.
 * @throws Untranslatable
 */
export function writeResponsesRequest(prompt: Prompt, asked: Asked): UpstreamRequest {
  const { tools, toolChoice, reasoning } = prompt;
  const hasTools = tools.length > 0;
  return post('/responses', prompt.stream, {
    model: prompt.model,
    input: writeInput(prompt, asked),
    store: false,
    ...withoutNulls({
      stream: prompt.stream || null,
      tools: hasTools ? writeTools(tools) : null,
      tool_choice: toolChoice && (hasTools || isDemand(toolChoice)) ? writeToolChoice(toolChoice, tools) : null,
      parallel_tool_calls: hasTools ? prompt.parallelToolCalls : null,
      ...writeSampling(prompt.sampling, asked),
      reasoning: writeReasoning(reasoning),
      include: reasoning?.wantsSeal ? ['reasoning.encrypted_content'] : null,
      text: writeText(prompt),
      ...writeHints(prompt.hints),
    }),
  });
}

/** Without tools, `auto` and `none` say nothing, and OpenAI refuses them. */
function isDemand(choice: ToolChoice): boolean {
  return choice.kind === 'required' || choice.kind === 'tool';
}

// Penalties of 0 are none.
function writeSampling(sampling: Sampling, asked: Asked): Json {
  if (sampling.topK !== null) cannot(asked, 'topK', 'a choice among the best tokens');
  if (sampling.stop.length > 0) cannot(asked, 'stop', 'texts that stop the answer');
  if (sampling.seed !== null) cannot(asked, 'seed', 'a seed');
  if (sampling.presencePenalty) cannot(asked, 'presencePenalty', 'a penalty');
  if (sampling.frequencyPenalty) cannot(asked, 'frequencyPenalty', 'a penalty');
  const { maxOutputTokens, temperature, topP } = sampling;
  return { max_output_tokens: maxOutputTokens, temperature, top_p: topP };
}

export function writeReasoning(reasoning: Reasoning | null): Json | null {
  const effort = effortOf(reasoning);
  const summary = reasoning?.summary === 'none' ? null : (reasoning?.summary ?? null);
  return effort === null && summary === null ? null : withoutNulls({ effort, summary });
}

export function writeText({ format, verbosity }: Prompt): Json | null {
  return format === null && verbosity === null ? null : withoutNulls({ format: writeFormat(format), verbosity });
}

function writeFormat(format: OutputFormat | null): Json | null {
  if (format === null) return null;
  if (format.kind === 'json') return { type: 'json_object' };
  const { name, description, schema, strict } = format;
  return { type: 'json_schema', name, schema, ...withoutNulls({ description, strict }) };
}

function writeHints(hints: Hints): Json {
  return {
    prompt_cache_key: hints.cacheKey,
    safety_identifier: hints.endUser,
    service_tier: hints.serviceTier !== null && SERVICE_TIERS.has(hints.serviceTier) ? hints.serviceTier : null,
    metadata: hints.metadata,
  };
}

import {
  type Asked,
  cannot,
  effortOf,
  type Hints,
  type Json,
  type OutputFormat,
  type Prompt,
  type Sampling,
  type UpstreamRequest,
  withoutNulls,
} from '../form/index.ts';
import { post, SERVICE_TIERS } from '../openai/index.ts';
import { writeMessages } from './write-messages.ts';
import { writeTools } from './write-tools.ts';

/**
 * Writes the body of `POST /chat/completions` (OpenAI API reference, "Create chat completion"). Wishes about how
 * reasoning is shown or sealed are left out: what this API's servers show, they show unasked.
 * @throws Untranslatable
 */
export function writeChatRequest(prompt: Prompt, asked: Asked): UpstreamRequest {
  return post('/chat/completions', prompt.stream, {
    model: prompt.model,
    messages: writeMessages(prompt, asked),
    ...withoutNulls({
      stream: prompt.stream || null,
      // Usage is always wanted: it is what the request costs.
      stream_options: prompt.stream ? { include_usage: true } : null,
      ...writeTools(prompt, asked),
      ...writeSampling(prompt.sampling, asked),
      reasoning_effort: effortOf(prompt.reasoning),
      response_format: writeFormat(prompt.format),
      verbosity: prompt.verbosity,
      ...writeHints(prompt.hints),
    }),
  });
}

function writeSampling(sampling: Sampling, asked: Asked): Json {
  if (sampling.topK !== null) cannot(asked, 'topK', 'a choice among the best tokens');
  return {
    max_completion_tokens: sampling.maxOutputTokens,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    stop: sampling.stop.length > 0 ? sampling.stop : null,
    seed: sampling.seed,
    presence_penalty: sampling.presencePenalty,
    frequency_penalty: sampling.frequencyPenalty,
  };
}

function writeFormat(format: OutputFormat | null): Json | null {
  if (format === null) return null;
  if (format.kind === 'json') return { type: 'json_object' };
  const { name, description, schema, strict } = format;
  return { type: 'json_schema', json_schema: { name, schema, ...withoutNulls({ description, strict }) } };
}

// `metadata` is refused by OpenAI unless the answer is stored, so it stays here.
function writeHints(hints: Hints): Json {
  return {
    prompt_cache_key: hints.cacheKey,
    user: hints.endUser,
    service_tier: hints.serviceTier !== null && SERVICE_TIERS.has(hints.serviceTier) ? hints.serviceTier : null,
  };
}

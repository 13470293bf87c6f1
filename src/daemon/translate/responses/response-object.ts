import type { Json, Told } from '../form/index.ts';
import { namespacedTools } from './namespaces.ts';
import { writeReasoning, writeText } from './write-request.ts';
import { writeToolChoice } from './write-tools.ts';

/** What changes while an answer comes. */
export interface ResponseState {
  readonly id: string;
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  readonly output: readonly Json[];
  readonly usage: Json | null;
  readonly serviceTier: string | null;
  readonly incomplete: Json | null;
  readonly error: Json | null;
}

/** The response object (OpenAI API reference) with the request echoed; what the client left open is null. */
export function responseObject(state: ResponseState, told: Told): Json {
  const { prompt } = told;
  const { sampling, hints } = prompt;
  return {
    id: state.id,
    object: 'response',
    created_at: told.createdAt,
    status: state.status,
    background: false,
    error: state.error,
    incomplete_details: state.incomplete,
    instructions: null,
    max_output_tokens: sampling.maxOutputTokens,
    max_tool_calls: null,
    model: told.model,
    output: state.output,
    parallel_tool_calls: prompt.parallelToolCalls ?? true,
    previous_response_id: null,
    prompt_cache_key: hints.cacheKey,
    reasoning: { effort: null, summary: null, ...writeReasoning(prompt.reasoning) },
    safety_identifier: hints.endUser,
    service_tier: state.serviceTier ?? hints.serviceTier ?? 'default',
    // Nothing can be asked for later by this answer's id.
    store: false,
    temperature: sampling.temperature,
    text: { format: { type: 'text' }, ...writeText(prompt) },
    tool_choice: prompt.toolChoice ? writeToolChoice(prompt.toolChoice, prompt.tools, (name) => name) : 'auto',
    tools: namespacedTools(prompt.tools),
    top_logprobs: 0,
    top_p: sampling.topP,
    truncation: 'disabled',
    usage: state.usage,
    metadata: hints.metadata ?? {},
    access_programs: null,
  };
}

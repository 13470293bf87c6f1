import {
  type Asked,
  cannot,
  type Json,
  type OutputFormat,
  type Prompt,
  type UpstreamRequest,
  withoutNulls,
} from '../form/index.ts';
import { writeMessages } from './write-messages.ts';
import { type Thinking, writeThinking } from './write-thinking.ts';
import { writeTools } from './write-tools.ts';

/** Flat, and the same for every request of this wire (Anthropic API reference, "Versioning"). */
const VERSION = ['anthropic-version', '2023-06-01'];
const SERVICE_TIERS: ReadonlySet<string> = new Set(['auto', 'standard_only']);

/**
 * Writes the body of `POST /v1/messages` (Anthropic API reference, "Create a Message").
 * @throws Untranslatable
 */
export function writeMessagesRequest(prompt: Prompt, asked: Asked): UpstreamRequest {
  const thinking = writeThinking(prompt, asked);
  checkSampling(prompt, thinking, asked);
  const { sampling, hints } = prompt;
  const body = {
    model: prompt.model,
    max_tokens: thinking.maxTokens,
    ...writeMessages(prompt, asked),
    ...withoutNulls({
      ...writeTools(prompt, asked),
      stream: prompt.stream || null,
      temperature: sampling.temperature,
      top_p: sampling.topP,
      top_k: sampling.topK,
      stop_sequences: sampling.stop.length > 0 ? sampling.stop : null,
      thinking: thinking.thinking,
      output_config: writeOutput(thinking.effort, prompt.format, asked),
      service_tier: hints.serviceTier !== null && SERVICE_TIERS.has(hints.serviceTier) ? hints.serviceTier : null,
      metadata: hints.endUser === null ? null : { user_id: hints.endUser },
    }),
  };
  return { path: '/messages', headers: headers(prompt.stream), body };
}

/**
 * Writes the body of `POST /v1/messages/count_tokens`: what the model would read, and nothing about its answer.
 * @throws Untranslatable
 */
export function writeMessagesCount(prompt: Prompt, asked: Asked): UpstreamRequest {
  const { thinking } = writeThinking(prompt, asked);
  const body = {
    model: prompt.model,
    ...writeMessages(prompt, asked),
    ...withoutNulls({ ...writeTools(prompt, asked), thinking, output_config: writeOutput(null, prompt.format, asked) }),
  };
  return { path: '/messages/count_tokens', headers: headers(false), body };
}

function headers(stream: boolean): readonly string[] {
  return [...VERSION, 'content-type', 'application/json', 'accept', stream ? 'text/event-stream' : 'application/json'];
}

function writeOutput(effort: Thinking['effort'], format: OutputFormat | null, asked: Asked): Json | null {
  if (format?.kind === 'json') cannot(asked, 'format', 'JSON without a schema');
  if (effort === null && format === null) return null;
  // A name and a description of the schema have no place here, and every schema is strict.
  return withoutNulls({ effort, format: format && { type: 'json_schema', schema: format.schema } });
}

// Ranges: API reference; with thinking: "Extended thinking", "Feature compatibility".
function checkSampling({ sampling }: Prompt, thinking: Thinking, asked: Asked): void {
  const { temperature, topP, topK } = sampling;
  if (temperature !== null && temperature > 1) cannot(asked, 'temperature', 'a temperature above 1');
  if (sampling.seed !== null) cannot(asked, 'seed', 'a seed');
  if (sampling.presencePenalty) cannot(asked, 'presencePenalty', 'a penalty');
  if (sampling.frequencyPenalty) cannot(asked, 'frequencyPenalty', 'a penalty');
  // A client of the same wire knows what its model takes.
  if (!thinking.isOn || asked.from === 'messages') return;
  if (temperature !== null && temperature !== 1) cannot(asked, 'temperature', 'a temperature together with reasoning');
  if (topK !== null) cannot(asked, 'topK', 'a choice among the best tokens together with reasoning');
  if (topP !== null && topP < 0.95) cannot(asked, 'topP', 'less than 0.95 together with reasoning');
}

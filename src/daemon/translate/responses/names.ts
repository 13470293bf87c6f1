import type { Feature } from '../form/index.ts';

/** What clients of Responses call a feature. What has no word here is never asked for by them. */
export const RESPONSES_NAMES: Readonly<Record<Feature, string>> = {
  maxOutputTokens: 'max_output_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stop: 'stop',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  reasoning: 'reasoning',
  format: 'text.format',
  toolChoice: 'tool_choice',
  parallelToolCalls: 'parallel_tool_calls',
  tools: 'tools',
  customTools: 'tools[].format',
  hostedTools: 'tools[].type',
  images: 'input[].content[].image_url',
  imageUrls: 'input[].content[].image_url',
  files: 'input[].content[].file_data',
  fileIds: 'input[].content[].file_id',
  audio: 'input[].content[].input_audio',
  toolResultMedia: 'input[].output',
};

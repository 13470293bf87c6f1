import type { Feature } from '../form/index.ts';

/** What clients of Anthropic's Messages API call a feature. What they have no word for stands where it would be said. */
export const MESSAGES_NAMES: Readonly<Record<Feature, string>> = {
  maxOutputTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stop: 'stop_sequences',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  reasoning: 'thinking',
  format: 'output_config.format',
  toolChoice: 'tool_choice',
  parallelToolCalls: 'tool_choice.disable_parallel_tool_use',
  tools: 'tools',
  customTools: 'tools[].input_schema',
  hostedTools: 'tools[].type',
  images: 'messages[].content[].source',
  imageUrls: 'messages[].content[].source.url',
  files: 'messages[].content[].source',
  fileIds: 'messages[].content[].source.file_id',
  audio: 'messages[].content[]',
  toolResultMedia: 'messages[].content[].content',
};

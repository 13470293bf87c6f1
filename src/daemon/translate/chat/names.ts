import type { Feature } from '../form/index.ts';

/** What clients of Chat Completions call a feature. */
export const CHAT_NAMES: Readonly<Record<Feature, string>> = {
  maxOutputTokens: 'max_completion_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stop: 'stop',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  reasoning: 'reasoning_effort',
  format: 'response_format',
  toolChoice: 'tool_choice',
  parallelToolCalls: 'parallel_tool_calls',
  tools: 'tools',
  customTools: 'tools[].custom',
  hostedTools: 'web_search_options',
  images: 'messages[].content[].image_url',
  imageUrls: 'messages[].content[].image_url.url',
  files: 'messages[].content[].file',
  fileIds: 'messages[].content[].file.file_id',
  audio: 'messages[].content[].input_audio',
  toolResultMedia: 'messages[].content',
};

import type { Feature } from '../form/index.ts';

/** What clients of Gemini's generateContent call a feature. What they have no word for stands where it would be said. */
export const GEMINI_NAMES: Readonly<Record<Feature, string>> = {
  maxOutputTokens: 'generationConfig.maxOutputTokens',
  temperature: 'generationConfig.temperature',
  topP: 'generationConfig.topP',
  topK: 'generationConfig.topK',
  stop: 'generationConfig.stopSequences',
  seed: 'generationConfig.seed',
  presencePenalty: 'generationConfig.presencePenalty',
  frequencyPenalty: 'generationConfig.frequencyPenalty',
  reasoning: 'generationConfig.thinkingConfig',
  format: 'generationConfig.responseMimeType',
  toolChoice: 'toolConfig.functionCallingConfig',
  parallelToolCalls: 'toolConfig.functionCallingConfig',
  tools: 'tools',
  customTools: 'tools[].functionDeclarations',
  hostedTools: 'tools[].googleSearch',
  images: 'contents[].parts[].inlineData',
  imageUrls: 'contents[].parts[].fileData.fileUri',
  files: 'contents[].parts[].inlineData',
  fileIds: 'contents[].parts[].fileData.fileUri',
  audio: 'contents[].parts[].inlineData',
  toolResultMedia: 'contents[].parts[].functionResponse.parts',
};

import {
  type Asked,
  type Json,
  type Prompt,
  Untranslatable,
  type UpstreamRequest,
  withoutNulls,
} from '../form/index.ts';
import { writeContents } from './write-contents.ts';
import { writeGeneration } from './write-generation.ts';
import { writeTools } from './write-tools.ts';

const MODEL = /^(?:models\/)?([A-Za-z0-9][A-Za-z0-9._-]{0,127})$/;
const SERVICE_TIERS: ReadonlySet<string> = new Set(['flex', 'standard', 'priority']);

/**
 * Writes a request for `:generateContent` or `:streamGenerateContent` (Gemini API reference, "Generating content").
 * @throws Untranslatable
 */
export function writeGeminiRequest(prompt: Prompt, asked: Asked): UpstreamRequest {
  const method = prompt.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  return post(`/models/${modelOf(prompt)}:${method}`, prompt.stream, writeBody(prompt, asked));
}

/**
 * Writes a request for `:countTokens`. A whole request is counted as one, with its instructions and tools.
 * @throws Untranslatable
 */
export function writeGeminiCount(prompt: Prompt, asked: Asked): UpstreamRequest {
  const model = modelOf(prompt);
  const { contents, systemInstruction, tools } = writeBody(prompt, asked);
  const generateContentRequest = withoutNulls({ model: `models/${model}`, contents, systemInstruction, tools });
  return post(`/models/${model}:countTokens`, false, { generateContentRequest });
}

function post(path: string, stream: boolean, body: Json): UpstreamRequest {
  const accept = stream ? 'text/event-stream' : 'application/json';
  return { path, headers: ['content-type', 'application/json', 'accept', accept], body };
}

// It becomes part of the path.
function modelOf({ model }: Prompt): string {
  const name = MODEL.exec(model)?.[1];
  if (name === undefined) throw new Untranslatable('model', 'model: this name cannot be asked of the provider');
  return name;
}

function writeBody(prompt: Prompt, asked: Asked): Json {
  const { hints } = prompt;
  return {
    ...writeContents(prompt, asked),
    ...withoutNulls({
      ...writeTools(prompt, asked),
      generationConfig: writeGeneration(prompt, asked),
      serviceTier: hints.serviceTier !== null && SERVICE_TIERS.has(hints.serviceTier) ? hints.serviceTier : null,
    }),
  };
}

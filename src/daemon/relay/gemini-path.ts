import type { GeminiPath } from './relay-request.ts';

export const GEMINI_VERBS = ['generateContent', 'streamGenerateContent', 'countTokens'] as const;

const TARGET = /^\/v1beta\/models\/([^:]{1,512}):(generateContent|streamGenerateContent|countTokens)$/;

/** Reads a target such as `/v1beta/models/gemini-x:streamGenerateContent?alt=sse`; null when it is none. */
export function matchGemini(path: string, query: string): GeminiPath | null {
  const found = TARGET.exec(path);
  const model = found && decoded(found[1] ?? '');
  if (!found || !model) return null;
  const asked = new URLSearchParams(query);
  return {
    model,
    verb: found[2] as GeminiPath['verb'],
    isSse: asked.get('alt') === 'sse',
  };
}

/** The same target at an upstream, under its own name for the model. */
export function geminiPath(upstreamModel: string, verb: GeminiPath['verb'], isSse: boolean): string {
  const model = upstreamModel.split('/').map(encodeURIComponent).join('/');
  return `/models/${model}:${verb}${isSse ? '?alt=sse' : ''}`;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

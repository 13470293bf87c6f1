import type { Field } from '../form/index.ts';

const KNOWN: ReadonlySet<string> = new Set([
  // Repeats the path.
  'model',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'safetySettings',
  'labels',
  'serviceTier',
  'cachedContent',
  // Whether the provider keeps the request in its log; tells nothing about the answer.
  'store',
]);
/** Asks for no filter, so a provider that has none does what was asked. */
const UNFILTERED: ReadonlySet<unknown> = new Set(['BLOCK_NONE', 'OFF', 'HARM_BLOCK_THRESHOLD_UNSPECIFIED']);

/**
 * Refuses fields that only Gemini knows, and fields that nobody knows.
 * @throws Untranslatable
 */
export function checkRequestFields(body: Field): void {
  body.only(KNOWN);
  const cached = body.at('cachedContent');
  if (cached.isSaying) cached.refuse('is kept by another provider than that of this model');
  for (const setting of body.at('safetySettings').items()) {
    const threshold = setting.at('threshold');
    if (!threshold.isAbsent && !UNFILTERED.has(threshold.value)) {
      threshold.refuse('can only be BLOCK_NONE or OFF for this model');
    }
  }
}

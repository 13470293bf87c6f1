import {
  type Asked,
  type Json,
  mergeTurns,
  type Part,
  type Prompt,
  splitInstructions,
  type Turn,
} from '../form/index.ts';
import { NO_SIGNATURE } from './read-part.ts';
import { writeMedia } from './write-media.ts';
import { writeModelPart } from './write-model-part.ts';
import { writeResponse } from './write-response.ts';

/** Models that look for a signature on the first call of each round (Gemini API, "Thought signatures"). */
const UNSIGNED = /gemini-(?:1|2)\b/;

/**
 * Writes `systemInstruction` and `contents`. Instructions at the head are the system's; later ones keep their place, as
 * words of the user.
 * @throws Untranslatable
 */
export function writeContents(prompt: Prompt, asked: Asked): Json {
  const { instructions, turns } = splitInstructions(prompt.turns, asked);
  const names = namesOfCalls(prompt.turns);
  const contents = mergeTurns(turns).flatMap(({ role, parts }): readonly Json[] => {
    const isModel = role === 'assistant';
    const written = isModel ? writeModel(parts, prompt, asked) : writeUser(parts, names, asked);
    return written.length === 0 ? [] : [{ role: isModel ? 'model' : 'user', parts: written }];
  });
  const systemInstruction = { parts: instructions.map((text) => ({ text })) };
  return { ...(instructions.length > 0 && { systemInstruction }), contents };
}

function namesOfCalls(turns: readonly Turn[]): ReadonlyMap<string, string> {
  const calls = turns.flatMap(({ parts }) => parts).filter((part) => part.kind === 'tool-call');
  return new Map(calls.map(({ callId, name }) => [callId, name]));
}

// What another model called has no signature; the word for that stands on the first call, where one is looked for.
function writeModel(parts: readonly Part[], prompt: Prompt, asked: Asked): readonly Json[] {
  const written = parts.flatMap((part) => writeModelPart(part, asked));
  const first = written.findIndex((part) => part['functionCall'] !== undefined);
  if (first < 0 || UNSIGNED.test(prompt.model)) return written;
  return written.map((part, index) => (index === first ? { thoughtSignature: NO_SIGNATURE, ...part } : part));
}

function writeUser(parts: readonly Part[], names: ReadonlyMap<string, string>, asked: Asked): readonly Json[] {
  const responses = parts.flatMap((part) => (part.kind === 'tool-result' ? [writeResponse(part, names, asked)] : []));
  const said = parts.flatMap((part): readonly Json[] => {
    if (part.kind === 'text' || part.kind === 'refusal') return part.text === '' ? [] : [{ text: part.text }];
    return part.kind === 'image' || part.kind === 'file' || part.kind === 'audio' ? [writeMedia(part, asked)] : [];
  });
  return [...responses, ...said];
}

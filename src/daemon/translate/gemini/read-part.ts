import { decodeSeal, type Field, type Part, type Seal } from '../form/index.ts';
import type { CallIds } from './call-ids.ts';
import { camel } from './camel.ts';
import { readFileData, readInlineData } from './read-media.ts';
import { readResponse } from './read-response.ts';

const PART_FIELDS = new Set([
  'text',
  'thought',
  'thoughtSignature',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'mediaResolution',
  // The client's own notes.
  'partMetadata',
]);
const CALL_FIELDS = new Set(['id', 'name', 'args']);

/** What a Gemini model is given where a call was not its own: then it does not look for a signature. */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

/** Reads one part (Gemini API reference, "Part"). */
export function readPart(part: Field, isModel: boolean, calls: CallIds): readonly Part[] {
  part.only(PART_FIELDS);
  const seal = readSeal(part.at('thoughtSignature'));
  const text = part.at('text').textOrNull();
  if (part.at('thought').flag() === true) return [{ kind: 'reasoning', text: text ?? '', seal }];
  if (text !== null) return text === '' && seal === null ? [] : [{ kind: 'text', text, ...(seal && { seal }) }];
  if (!part.at('functionCall').isAbsent) return [readCall(camel(part.at('functionCall')), seal, calls)];
  if (!part.at('functionResponse').isAbsent) return [readResponse(camel(part.at('functionResponse')), calls)];
  if (!part.at('inlineData').isAbsent) return [readInlineData(part)];
  if (!part.at('fileData').isAbsent) return [readFileData(part)];
  // A signature alone, which some clients leave when they drop the thought that it was on.
  return seal === null || !isModel ? part.refuse('says nothing') : [{ kind: 'reasoning', text: '', seal }];
}

function readCall(call: Field, seal: Seal | null, calls: CallIds): Part {
  const name = call.only(CALL_FIELDS).at('name').text();
  const callId = calls.call(name, call.at('id').textOrNull() || null);
  // Integers beyond 2^53 have lost digits before: the body went through JSON.parse.
  const input = JSON.stringify(call.at('args').jsonOrNull() ?? {});
  return { kind: 'tool-call', callId, name, input, isCustom: false, ...(seal && { seal }) };
}

function readSeal(field: Field): Seal | null {
  const data = field.textOrNull() ?? '';
  if (data === '' || data === NO_SIGNATURE) return null;
  return decodeSeal(data)?.seal ?? { wire: 'gemini', kind: 'thought', data, id: null };
}

import { type Asked, inputObject, type Json, type Part, type Seal, safeName, wrapCustomInput } from '../form/index.ts';
import { writeMedia } from './write-media.ts';

/**
 * Writes what the model said. Thoughts are sent back only with a signature of this wire: without one they say nothing to
 * the model that had them.
 */
export function writeModelPart(part: Part, asked: Asked): readonly Json[] {
  switch (part.kind) {
    case 'text':
      return part.text === '' && !isOwn(part.seal) ? [] : [{ text: part.text, ...signature(part.seal) }];
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }];
    case 'reasoning':
      return isOwn(part.seal) ? [{ text: part.text, thought: true, ...signature(part.seal) }] : [];
    case 'tool-call': {
      const args = inputObject(part.isCustom ? wrapCustomInput(part.input) : part.input);
      const functionCall = { id: part.callId, name: safeName(part.name), args };
      return [{ functionCall, ...signature(part.seal) }];
    }
    case 'image':
    case 'file':
    case 'audio':
      return [writeMedia(part, asked)];
    case 'tool-result':
      return [];
  }
}

function isOwn(seal: Seal | null | undefined): seal is Seal {
  return seal?.wire === 'gemini';
}

function signature(seal: Seal | null | undefined): Json {
  return isOwn(seal) ? { thoughtSignature: seal.data } : {};
}

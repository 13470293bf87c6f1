import { type Field, isObject, type TextPart, type ToolResultPart } from '../form/index.ts';
import type { CallIds } from './call-ids.ts';
import { camel } from './camel.ts';
import { readFileData, readInlineData } from './read-media.ts';

const RESPONSE_FIELDS = new Set(['id', 'name', 'response', 'parts', 'willContinue', 'scheduling']);
const PART_FIELDS = new Set(['inlineData', 'fileData']);

/** Reads a `functionResponse` (Gemini API reference, "FunctionResponse"). */
export function readResponse(field: Field, calls: CallIds): ToolResultPart {
  field.only(RESPONSE_FIELDS);
  if (field.at('willContinue').isSaying) field.at('willContinue').refuse('cannot be true for this model');
  const name = field.at('name').textOrNull();
  const callId = calls.response(name, field.at('id').textOrNull() || null);
  if (callId === null) return field.refuse('answers no function call before it');
  const media = field
    .at('parts')
    .items()
    .map((item) => {
      const part = camel(item).only(PART_FIELDS);
      const read = part.at('fileData').isAbsent ? readInlineData(part) : readFileData(part);
      return read.kind === 'audio' ? part.refuse('cannot be audio for this model') : read;
    });
  const { text, isError } = readValue(field.at('response'));
  const said: readonly TextPart[] = text === '' && media.length > 0 ? [] : [{ kind: 'text', text }];
  return {
    kind: 'tool-result',
    callId,
    name: name ?? calls.nameOf(callId),
    isCustom: false,
    parts: [...said, ...media],
    isError,
  };
}

// "Use `output` for the output and `error` for details of an error"; anything else is output as a whole.
function readValue(response: Field): { readonly text: string; readonly isError: boolean } {
  if (response.isAbsent) return { text: '', isError: false };
  const value = response.json();
  const [first, ...others] = Object.keys(value);
  if (others.length === 0 && (first === 'output' || first === 'result')) {
    return { text: textOf(value[first]), isError: false };
  }
  if (others.length === 0 && first === 'error') return { text: textOf(value[first]), isError: true };
  return { text: JSON.stringify(value), isError: isObject(value['error']) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

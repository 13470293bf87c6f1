import { type Asked, cannot, type Json, safeName, type ToolResultPart } from '../form/index.ts';
import { writeMedia } from './write-media.ts';

/** Writes a `functionResponse`: text as `output` or `error`, images and files as parts beside it. */
export function writeResponse(result: ToolResultPart, names: ReadonlyMap<string, string>, asked: Asked): Json {
  const { callId, name, parts, isError } = result;
  const texts = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  const media = parts.flatMap((part) => {
    if (part.kind === 'text') return [];
    return part.source.kind === 'base64'
      ? [writeMedia(part, asked)]
      : cannot(asked, 'toolResultMedia', 'a result by its URL');
  });
  const text = texts.join('\n');
  const response = isError ? { error: text } : { output: text };
  const functionResponse = { id: callId, name: safeName(names.get(callId) ?? name ?? callId), response };
  return { functionResponse: media.length > 0 ? { ...functionResponse, parts: media } : functionResponse };
}

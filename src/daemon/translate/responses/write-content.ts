import type { Asked, FilePart, ImagePart, Json, Part, ToolResultPart } from '../form/index.ts';
import { cannot, withoutNulls } from '../form/index.ts';
import { dataUrl, fileName } from '../openai/index.ts';

/** Writes the content of a message; `textType` says whether the words are the model's own. */
export function writeParts(
  parts: readonly Part[],
  textType: 'input_text' | 'output_text',
  asked: Asked,
): readonly Json[] {
  return parts.map((part) => {
    if (part.kind === 'text') return { type: textType, text: part.text };
    if (textType === 'input_text') return writeMedia(part, asked);
    if (part.kind === 'refusal') return { type: 'refusal', refusal: part.text };
    return cannot(asked, featureOf(part), `a ${part.kind} that the assistant made`);
  });
}

/** Writes what a tool gave back: a plain text as such. */
export function writeOutput({ parts, isError }: ToolResultPart, asked: Asked): unknown {
  // There is no word for a failed tool; its text says so, or this does.
  if (parts.length === 0) return isError ? 'The tool failed.' : '';
  const [first] = parts;
  if (parts.length === 1 && first?.kind === 'text') return first.text;
  return writeParts(parts, 'input_text', asked);
}

function writeMedia(part: Part, asked: Asked): Json {
  if (part.kind === 'image') return writeImage(part, asked);
  if (part.kind === 'file') return writeFile(part, asked);
  return cannot(asked, featureOf(part), part.kind);
}

function writeImage({ source, detail }: ImagePart, asked: Asked): Json {
  const rest = withoutNulls({ detail });
  if (source.kind === 'url') return { type: 'input_image', image_url: source.url, ...rest };
  if (source.kind === 'base64') {
    return { type: 'input_image', image_url: dataUrl(source.mediaType, source.data), ...rest };
  }
  return { type: 'input_image', file_id: checkedId(source.id, asked), ...rest };
}

function writeFile({ source, name }: FilePart, asked: Asked): Json {
  const rest = withoutNulls({ filename: name });
  if (source.kind === 'url') return { type: 'input_file', file_url: source.url, ...rest };
  if (source.kind === 'file-id') return { type: 'input_file', file_id: checkedId(source.id, asked), ...rest };
  const filename = name ?? fileName(source.mediaType);
  return { type: 'input_file', filename, file_data: dataUrl(source.mediaType, source.data) };
}

// Ids are those of one provider's store; only the two OpenAI APIs have the same.
function checkedId(id: string, asked: Asked): string {
  return asked.from === 'chat' || asked.from === 'responses' ? id : cannot(asked, 'fileIds', "another provider's file");
}

function featureOf(part: Part): 'images' | 'files' | 'audio' | 'tools' {
  if (part.kind === 'image') return 'images';
  if (part.kind === 'file') return 'files';
  return part.kind === 'audio' ? 'audio' : 'tools';
}

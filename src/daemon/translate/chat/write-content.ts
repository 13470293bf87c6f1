import type { Asked, FilePart, ImagePart, Json, Part, TextPart } from '../form/index.ts';
import { cannot, withoutNulls } from '../form/index.ts';
import { dataUrl, fileName } from '../openai/index.ts';

export function isText(part: Part): part is TextPart {
  return part.kind === 'text';
}

/** Writes what a user said besides results: a plain text as such, anything else as parts. */
export function writeContent(parts: readonly Part[], asked: Asked): unknown {
  const [first] = parts;
  if (parts.length === 1 && first?.kind === 'text') return first.text;
  return parts.map((part) => writePart(part, asked));
}

function writePart(part: Part, asked: Asked): Json {
  switch (part.kind) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'image':
      return writeImage(part, asked);
    case 'file':
      return writeFile(part, asked);
    case 'audio':
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format } };
    default:
      return cannot(asked, 'tools', `a ${part.kind} said by the user`);
  }
}

function writeImage({ source, detail }: ImagePart, asked: Asked): Json {
  if (source.kind === 'file-id') return cannot(asked, 'fileIds', 'an image by the id of a file');
  const url = source.kind === 'url' ? source.url : dataUrl(source.mediaType, source.data);
  return { type: 'image_url', image_url: { url, ...withoutNulls({ detail }) } };
}

function writeFile({ source, name }: FilePart, asked: Asked): Json {
  if (source.kind === 'url') return cannot(asked, 'files', 'a file by its URL');
  if (source.kind === 'base64') {
    const filename = name ?? fileName(source.mediaType);
    return { type: 'file', file: { filename, file_data: dataUrl(source.mediaType, source.data) } };
  }
  // Ids are those of one provider's store; only the two OpenAI APIs have the same.
  if (asked.from !== 'chat' && asked.from !== 'responses') return cannot(asked, 'fileIds', "another provider's file");
  return { type: 'file', file: withoutNulls({ file_id: source.id, filename: name }) };
}

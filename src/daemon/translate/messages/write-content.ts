import { type Asked, cannot, type FilePart, type ImagePart, type Json, type Part } from '../form/index.ts';

const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);
const PDF = 'application/pdf';

/** Writes what a user says besides results. Text of nothing but space is refused by the API and says nothing. */
export function writeContent(part: Part, asked: Asked): readonly Json[] {
  switch (part.kind) {
    case 'text':
      return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }];
    case 'image':
      return [{ type: 'image', source: writeImageSource(part, asked) }];
    case 'file':
      return [writeDocument(part, asked)];
    case 'audio':
      return cannot(asked, 'audio', 'audio');
    default:
      return cannot(asked, 'tools', `a ${part.kind} said by the user`);
  }
}

function writeImageSource({ source }: ImagePart, asked: Asked): Json {
  if (source.kind === 'url') return { type: 'url', url: source.url };
  if (source.kind === 'file-id') return writeFileId(source.id, asked);
  if (!IMAGE_TYPES.has(source.mediaType)) cannot(asked, 'images', `an image of type ${source.mediaType.slice(0, 64)}`);
  return { type: 'base64', media_type: source.mediaType, data: source.data };
}

function writeDocument({ source, name }: FilePart, asked: Asked): Json {
  const title = name === null ? {} : { title: name };
  if (source.kind === 'url') return { type: 'document', source: { type: 'url', url: source.url }, ...title };
  if (source.kind === 'file-id') return { type: 'document', source: writeFileId(source.id, asked), ...title };
  const { mediaType, data } = source;
  if (mediaType === PDF) return { type: 'document', source: { type: 'base64', media_type: PDF, data }, ...title };
  if (!isReadable(mediaType)) cannot(asked, 'files', `a file of type ${mediaType.slice(0, 64)}`);
  const text = Buffer.from(data, 'base64').toString('utf8');
  return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, ...title };
}

function isReadable(mediaType: string): boolean {
  return mediaType.startsWith('text/') || mediaType === 'application/json';
}

// Ids are those of one provider's store.
function writeFileId(id: string, asked: Asked): Json {
  if (asked.from !== 'messages') cannot(asked, 'fileIds', "another provider's file");
  return { type: 'file', file_id: id };
}

import { type Asked, type AudioPart, cannot, type FilePart, type ImagePart, type Json } from '../form/index.ts';

/** What an address ends in tells what stands there, where nobody says it. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['html', 'text/html'],
]);

/**
 * Writes bytes as `inlineData` and addresses as `fileData`. How finely an image is looked at and what a file is called
 * have no place in the API of Gemini's own models.
 */
export function writeMedia(part: ImagePart | FilePart | AudioPart, asked: Asked): Json {
  if (part.kind === 'audio') return { inlineData: { mimeType: `audio/${part.format}`, data: part.data } };
  const { source, kind } = part;
  if (source.kind === 'base64') return { inlineData: { mimeType: source.mediaType, data: source.data } };
  if (source.kind === 'url') {
    return { fileData: { mimeType: source.mediaType ?? guess(source.url, kind), fileUri: source.url } };
  }
  // Ids are those of one provider's store.
  if (asked.from !== 'gemini') cannot(asked, 'fileIds', "another provider's file");
  return { fileData: { ...(source.mediaType && { mimeType: source.mediaType }), fileUri: source.id } };
}

function guess(url: string, kind: 'image' | 'file'): string {
  const ending = /\.([A-Za-z]{2,4})(?:[?#]|$)/.exec(url.slice(-512))?.[1]?.toLowerCase() ?? '';
  return TYPES.get(ending) ?? (kind === 'image' ? 'image/jpeg' : 'application/pdf');
}

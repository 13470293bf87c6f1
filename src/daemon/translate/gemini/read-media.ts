import type { AudioPart, Field, FilePart, ImagePart, MediaSource } from '../form/index.ts';
import { camel } from './camel.ts';

const INLINE_FIELDS = new Set(['mimeType', 'data', 'displayName']);
const FILE_FIELDS = new Set(['mimeType', 'fileUri', 'displayName']);
/** Files that a client put into this provider's store; nobody else can read them. */
const OWN_STORE = /^(?:https:\/\/generativelanguage\.googleapis\.com\/|gs:\/\/|files\/)/;
const AUDIO_FORMATS: ReadonlyMap<string, string> = new Map([
  ['mpeg', 'mp3'],
  ['x-wav', 'wav'],
  ['wave', 'wav'],
]);
const DETAILS: ReadonlyMap<unknown, ImagePart['detail']> = new Map([
  ['MEDIA_RESOLUTION_LOW', 'low'],
  ['MEDIA_RESOLUTION_HIGH', 'high'],
] as const);

/** Reads `inlineData` of a part: bytes, which their type tells apart. */
export function readInlineData(part: Field): ImagePart | FilePart | AudioPart {
  const data = camel(part.at('inlineData')).only(INLINE_FIELDS);
  const mediaType = data.at('mimeType').text();
  const bytes = data.at('data').text();
  const [family, kind = ''] = mediaType.toLowerCase().split(';')[0]?.split('/') ?? [];
  if (family === 'audio') return { kind: 'audio', data: bytes, format: AUDIO_FORMATS.get(kind) ?? kind };
  const source: MediaSource = { kind: 'base64', mediaType, data: bytes };
  return mediaPart(part, source, mediaType, data);
}

/** Reads `fileData` of a part: an address on the net, or a file of the provider's own store. */
export function readFileData(part: Field): ImagePart | FilePart {
  const data = camel(part.at('fileData')).only(FILE_FIELDS);
  const uri = data.at('fileUri').text();
  const mediaType = data.at('mimeType').textOrNull();
  const source: MediaSource = OWN_STORE.test(uri)
    ? { kind: 'file-id', id: uri, mediaType }
    : { kind: 'url', url: uri, mediaType };
  return mediaPart(part, source, mediaType ?? '', data);
}

function mediaPart(part: Field, source: MediaSource, mediaType: string, data: Field): ImagePart | FilePart {
  if (mediaType.startsWith('image/')) {
    const resolution = camel(part.at('mediaResolution'));
    const detail = resolution.isAbsent ? null : (DETAILS.get(resolution.at('level').value) ?? null);
    return { kind: 'image', source, detail };
  }
  if (/^(?:video|audio)\//.test(mediaType)) data.at('mimeType').refuse('cannot be shown to this model');
  return { kind: 'file', source, name: data.at('displayName').textOrNull() };
}

import type { MediaSource } from '../form/index.ts';

const DATA_URL = /^data:([^;,]*)(?:;[^;,]*)*;base64,/i;

/** Reads where an image or a file is: within the request as a `data:` URL, or somewhere else. */
export function readMediaUrl(url: string): MediaSource {
  const head = DATA_URL.exec(url.slice(0, 256));
  if (!head) return { kind: 'url', url };
  return { kind: 'base64', mediaType: head[1] || 'application/octet-stream', data: url.slice(head[0].length) };
}

/** Files are documented as `data:` URLs and taken as bare base64 too, where their name tells what they are. */
export function readFileData(data: string, name: string | null): MediaSource {
  const source = readMediaUrl(data);
  if (source.kind === 'base64') return source;
  return { kind: 'base64', mediaType: name === null ? PDF : mediaTypeOf(name), data };
}

export function dataUrl(mediaType: string, data: string): string {
  return `data:${mediaType};base64,${data}`;
}

/** OpenAI refuses data without a name. */
export function fileName(mediaType: string): string {
  const [ending] = [...TYPES].find(([, type]) => type === mediaType) ?? ['bin'];
  return `file.${ending}`;
}

const PDF = 'application/pdf';
const TYPES: ReadonlyMap<string, string> = new Map([
  ['pdf', PDF],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['json', 'application/json'],
]);

function mediaTypeOf(name: string): string {
  return TYPES.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase()) ?? 'application/octet-stream';
}

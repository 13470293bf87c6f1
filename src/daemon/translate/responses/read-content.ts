import type { Field, FilePart, ImagePart, Part, TextPart } from '../form/index.ts';
import { readFileData, readMediaUrl } from '../openai/index.ts';

/** Marks for the provider's cache say nothing to the model. */
const CACHE_MARK = 'prompt_cache_breakpoint';
// An answer sent back has sources and probabilities with it, which repeat what the text says.
const TEXT_FIELDS = new Set(['type', 'text', 'annotations', 'logprobs', 'parsed', CACHE_MARK]);
const REFUSAL_FIELDS = new Set(['type', 'refusal']);
const IMAGE_FIELDS = new Set(['type', 'image_url', 'file_id', 'detail', CACHE_MARK]);
const FILE_FIELDS = new Set(['type', 'file_data', 'file_url', 'file_id', 'filename', 'detail', CACHE_MARK]);
const AUDIO_FIELDS = new Set(['type', 'input_audio']);
const AUDIO_DATA_FIELDS = new Set(['data', 'format']);

/** Reads the content of a message: a text, or parts. */
export function readContent(content: Field): readonly Part[] {
  return readParts(content, (part) => readMedia(part) ?? readSaid(part));
}

/** Reads what a tool gave back. */
export function readOutput(output: Field): readonly (TextPart | ImagePart | FilePart)[] {
  const types = 'must be one of input_text, input_image, input_file';
  return readParts(output, (part) => readMedia(part) ?? part.at('type').refuse(types));
}

function readParts<P>(content: Field, read: (part: Field) => P): readonly (P | TextPart)[] {
  if (typeof content.value === 'string') return [{ kind: 'text', text: content.value }];
  if (!Array.isArray(content.value)) content.refuse('must be a string or an array of parts');
  return content.items().map(read);
}

function readMedia(part: Field): TextPart | ImagePart | FilePart | null {
  switch (part.at('type').value) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { kind: 'text', text: part.only(TEXT_FIELDS).at('text').text() };
    case 'input_image':
      return readImage(part.only(IMAGE_FIELDS));
    case 'input_file':
      return readFile(part.only(FILE_FIELDS));
    default:
      return null;
  }
}

function readSaid(part: Field): Part {
  const type = part.at('type');
  if (type.value === 'refusal') return { kind: 'refusal', text: part.only(REFUSAL_FIELDS).at('refusal').text() };
  if (type.value !== 'input_audio') {
    return type.refuse('must be one of input_text, input_image, input_file, input_audio, output_text, refusal');
  }
  const audio = part.only(AUDIO_FIELDS).at('input_audio').only(AUDIO_DATA_FIELDS);
  return { kind: 'audio', data: audio.at('data').text(), format: audio.at('format').text() };
}

function readImage(part: Field): ImagePart {
  const detail = part.at('detail').choice(['auto', 'low', 'high', 'original']);
  const id = part.at('file_id').textOrNull();
  checkOne(part, ['image_url', 'file_id']);
  const source = id === null ? readMediaUrl(part.at('image_url').text()) : ({ kind: 'file-id', id } as const);
  return { kind: 'image', source, detail };
}

function readFile(part: Field): FilePart {
  const detail = part.at('detail');
  if (detail.choice(['auto', 'low', 'high']) !== null && detail.value !== 'auto') detail.refuse('can only be "auto"');
  checkOne(part, ['file_data', 'file_url', 'file_id']);
  const name = part.at('filename').textOrNull();
  const id = part.at('file_id').textOrNull();
  if (id !== null) return { kind: 'file', source: { kind: 'file-id', id }, name };
  const url = part.at('file_url').textOrNull();
  if (url !== null) return { kind: 'file', source: { kind: 'url', url }, name };
  return { kind: 'file', source: readFileData(part.at('file_data').text(), name), name };
}

function checkOne(part: Field, names: readonly string[]): void {
  const [first, second] = names.filter((name) => part.at(name).isSaying);
  if (second !== undefined) part.at(second).refuse(`stands beside ${first}: only one of them can be meant`);
}

import type { Field, FilePart, ImagePart, Part, TextPart } from '../form/index.ts';
import { readFileData, readMediaUrl } from '../openai/index.ts';

/** Marks for the provider's cache say nothing to the model. */
const CACHE_MARKS = ['prompt_cache_breakpoint', 'cache_control'];
const TEXT_FIELDS = new Set(['type', 'text', ...CACHE_MARKS]);
const IMAGE_FIELDS = new Set(['type', 'image_url', ...CACHE_MARKS]);
const IMAGE_URL_FIELDS = new Set(['url', 'detail']);
const FILE_FIELDS = new Set(['type', 'file', ...CACHE_MARKS]);
const FILE_DATA_FIELDS = new Set(['file_data', 'file_id', 'filename']);
const AUDIO_FIELDS = new Set(['type', 'input_audio', ...CACHE_MARKS]);
const AUDIO_DATA_FIELDS = new Set(['data', 'format']);

/** Reads the content of a user: a text, or parts. */
export function readContent(content: Field): readonly Part[] {
  return typeof content.value === 'string' ? [plain(content.value)] : parts(content).map(readPart);
}

/** Reads content that can only be text: of instructions and of results. */
export function readTexts(content: Field): readonly TextPart[] {
  return typeof content.value === 'string' ? [plain(content.value)] : parts(content).map(readText);
}

export function readText(part: Field): TextPart {
  part.at('type').choice(['text']);
  return plain(part.only(TEXT_FIELDS).at('text').text());
}

function parts(content: Field): readonly Field[] {
  return Array.isArray(content.value) ? content.items() : content.refuse('must be a string or an array of parts');
}

function plain(text: string): TextPart {
  return { kind: 'text', text };
}

function readPart(part: Field): Part {
  const type = part.at('type');
  switch (type.value) {
    case 'text':
      return readText(part);
    case 'image_url':
      return readImage(part.only(IMAGE_FIELDS).at('image_url'));
    case 'file':
      return readFile(part.only(FILE_FIELDS).at('file'));
    case 'input_audio': {
      const audio = part.only(AUDIO_FIELDS).at('input_audio').only(AUDIO_DATA_FIELDS);
      return { kind: 'audio', data: audio.at('data').text(), format: audio.at('format').text() };
    }
    default:
      return type.refuse('must be one of text, image_url, file, input_audio');
  }
}

function readImage(image: Field): ImagePart {
  const detail = image.only(IMAGE_URL_FIELDS).at('detail').choice(['auto', 'low', 'high', 'original']);
  return { kind: 'image', source: readMediaUrl(image.at('url').text()), detail };
}

function readFile(file: Field): FilePart {
  file.only(FILE_DATA_FIELDS);
  const name = file.at('filename').textOrNull();
  const id = file.at('file_id').textOrNull();
  const data = file.at('file_data');
  if (id !== null) {
    if (data.isSaying) data.refuse('stands beside file_id: only one of them can be meant');
    return { kind: 'file', source: { kind: 'file-id', id }, name };
  }
  const source = readFileData(data.text(), name);
  return { kind: 'file', source, name };
}

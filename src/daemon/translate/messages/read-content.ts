import type { Field, FilePart, ImagePart, MediaSource, TextPart } from '../form/index.ts';

/** A mark for the provider's cache stands on any block and says nothing to the model. */
const TEXT_FIELDS = new Set([
  'type',
  'text',
  'cache_control',
  // Where words of an earlier answer came from.
  'citations',
]);
const IMAGE_FIELDS = new Set([
  'type',
  'source',
  'cache_control',
  // Whether an image that is too large is an error.
  'transformations',
]);
const DOCUMENT_FIELDS = new Set(['type', 'source', 'title', 'context', 'citations', 'cache_control']);
const SOURCE_FIELDS = new Set(['type', 'data', 'media_type', 'url', 'file_id', 'content']);

/** Reads what the user shows: a text or a block of the kinds text, image and document. */
export function readContent(block: Field): readonly (TextPart | ImagePart | FilePart)[] {
  if (typeof block.value === 'string') return block.value === '' ? [] : [plain(block.value)];
  const type = block.at('type');
  switch (type.value) {
    case 'text':
      return [readText(block)];
    case 'image':
      return [{ kind: 'image', source: readSource(block.only(IMAGE_FIELDS).at('source')), detail: null }];
    case 'document':
      return readDocument(block.only(DOCUMENT_FIELDS));
    default:
      return type.refuse('must be one of text, image, document for this model');
  }
}

/** Reads content that can only be text: that of instructions. */
export function readTexts(content: Field): readonly TextPart[] {
  if (typeof content.value === 'string') return [plain(content.value)];
  return content.items().map(readText);
}

export function readText(block: Field): TextPart {
  if (block.at('type').choice(['text']) === null) block.at('type').refuse('is missing');
  return plain(block.only(TEXT_FIELDS).at('text').text());
}

function plain(text: string): TextPart {
  return { kind: 'text', text };
}

function readDocument(block: Field): readonly (TextPart | ImagePart | FilePart)[] {
  const context = block.at('context');
  if (context.isSaying) context.refuse('cannot be told to this model');
  const citations = block.at('citations');
  if (!citations.isAbsent && citations.at('enabled').flag() === true) citations.refuse('cannot be had from this model');
  const source = block.at('source');
  const name = block.at('title').textOrNull();
  if (source.at('type').value !== 'content') return [{ kind: 'file', source: readSource(source), name }];
  const content = source.at('content');
  return typeof content.value === 'string' ? readContent(content) : content.items().flatMap(readContent);
}

function readSource(source: Field): MediaSource {
  const type = source.only(SOURCE_FIELDS).at('type');
  switch (type.value) {
    case 'base64':
      return { kind: 'base64', mediaType: source.at('media_type').text(), data: source.at('data').text() };
    case 'text': {
      const data = Buffer.from(source.at('data').text(), 'utf8').toString('base64');
      return { kind: 'base64', mediaType: 'text/plain', data };
    }
    case 'url':
      return { kind: 'url', url: source.at('url').text() };
    case 'file':
      return { kind: 'file-id', id: source.at('file_id').text() };
    default:
      return type.refuse('must be one of base64, text, url, file');
  }
}

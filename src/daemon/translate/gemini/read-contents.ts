import type { Field, Part, Turn } from '../form/index.ts';
import { CallIds } from './call-ids.ts';
import { camel } from './camel.ts';
import { readPart } from './read-part.ts';

const CONTENT_FIELDS = new Set(['role', 'parts']);

export function readInstruction(field: Field): readonly Turn[] {
  if (field.isAbsent) return [];
  const content = camel(field).only(CONTENT_FIELDS);
  const parts = content
    .at('parts')
    .items()
    .map((part): Part => ({ kind: 'text', text: camel(part).at('text').text() }));
  return parts.length === 0 ? [] : [{ role: 'system', parts }];
}

/** Reads `contents` (Gemini API reference, "Content"): the roles are `user` and `model`, and `function` once. */
export function readContents(contents: Field): readonly Turn[] {
  if (!Array.isArray(contents.value)) contents.refuse('must be an array of contents');
  const calls = new CallIds();
  return contents.items().flatMap((item): readonly Turn[] => {
    const content = camel(item).only(CONTENT_FIELDS);
    const isModel = content.at('role').choice(['user', 'model', 'function']) === 'model';
    const parts = content
      .at('parts')
      .items()
      .flatMap((part) => readPart(camel(part), isModel, calls));
    return parts.length === 0 ? [] : [{ role: isModel ? 'assistant' : 'user', parts }];
  });
}

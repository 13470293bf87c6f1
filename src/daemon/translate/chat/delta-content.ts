import { type Json, objectsOf, textOf } from '../form/index.ts';

/** The text of `content`: a string, or parts of which some servers (Mistral) make thoughts too. */
export function wordsOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return textsOf(content, 'text');
}

/** The thoughts of a delta. OpenAI has no word for them; `reasoning_content` and `reasoning` are what others say. */
export function thoughtOf(delta: Json): string {
  const said = textOf(delta['reasoning_content']) || textOf(delta['reasoning']) || '';
  if (said !== '') return said;
  const parts = objectsOf(delta['content']).filter((part) => part['type'] === 'thinking');
  return parts.map((part) => textsOf(part['thinking'], 'text')).join('');
}

function textsOf(parts: unknown, type: string): string {
  const texts = objectsOf(parts).filter((part) => part['type'] === type);
  return texts.map((part) => textOf(part['text']) ?? '').join('');
}

import {
  type BlockContent,
  encodeSeal,
  inputObject,
  type Json,
  type Seal,
  type SealPlace,
  safeCallId,
  wrapCustomInput,
} from '../form/index.ts';

type ToolCall = Extract<BlockContent, { readonly kind: 'tool-call' }>;

/** The name of a tool as the client knows it. */
export type NameOf = (name: string) => string;

export function thinkingBlock(text: string, seal: Seal | null): Json {
  if (text === '' && isRedacted(seal)) return { type: 'redacted_thinking', data: seal.data };
  return { type: 'thinking', thinking: text, signature: seal === null ? '' : signatureOf(seal) };
}

/** What the provider will not show, not even as a summary. */
export function isRedacted(seal: Seal | null): seal is Seal {
  return seal?.wire === 'messages' && seal.kind === 'redacted';
}

/** A provider's own signature as it is; that of another wire as text that comes back unharmed. */
export function signatureOf(seal: Seal): string {
  return seal.wire === 'messages' ? seal.data : encodeSeal(seal);
}

/** Texts and calls have no place for a seal; it stands in a block of its own beside them, or instead of a text of nothing. */
export function sealBeside(seal: Seal, place: SealPlace): Json {
  return { type: 'redacted_thinking', data: encodeSeal(seal, place) };
}

export function callBlock({ callId, name, isCustom }: ToolCall, nameOf: NameOf, input: string): Json {
  const shown = inputObject(isCustom ? wrapCustomInput(input) : input);
  return { type: 'tool_use', id: safeCallId(callId), name: nameOf(name), input: shown };
}

export function citation(url: string, title: string | null): Json {
  return { type: 'web_search_result_location', url, title, encrypted_index: '', cited_text: '' };
}

import {
  type BlockContent,
  encodeSealBase64,
  inputObject,
  type Json,
  type Seal,
  wrapCustomInput,
} from '../form/index.ts';

type ToolCall = Extract<BlockContent, { readonly kind: 'tool-call' }>;

/** A part with words: what the model thought, or what it said. */
export function wordsPart(kind: Exclude<BlockContent, ToolCall>['kind'], text: string, seal: Seal | null): Json {
  return { text, ...(kind === 'reasoning' && { thought: true }), ...signature(seal) };
}

export function callPart(call: ToolCall, name: string, input: string, seal: Seal | null): Json {
  const args = inputObject(call.isCustom ? wrapCustomInput(input) : input);
  return { functionCall: { id: call.callId, name, args }, ...signature(seal) };
}

// Signatures are bytes on this wire, so those of other wires become base64 that comes back unharmed.
function signature(seal: Seal | null): Json {
  if (seal === null) return {};
  return { thoughtSignature: seal.wire === 'gemini' ? seal.data : encodeSealBase64(seal) };
}

/** Sources that the words name; the wire has them beside the content. */
export function grounding(citations: readonly { readonly url: string; readonly title: string | null }[]): Json {
  if (citations.length === 0) return {};
  const groundingChunks = citations.map(({ url, title }) => ({ web: { uri: url, title: title ?? url } }));
  return { groundingMetadata: { groundingChunks } };
}

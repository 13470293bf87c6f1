import { decodeSeal, type Field, type Part, type PlacedSeal, type Seal } from '../form/index.ts';
import type { CallNames } from './call-names.ts';
import { readText } from './read-content.ts';

const THINKING_FIELDS = new Set(['type', 'thinking', 'signature', 'cache_control']);
const REDACTED_FIELDS = new Set(['type', 'data', 'cache_control']);
const CALL_FIELDS = new Set([
  'type',
  'id',
  'name',
  'input',
  'cache_control',
  // Who called: always the model itself, since server tools are refused.
  'caller',
]);

/** Reads what the assistant said. Seals of other wires stand in thinking blocks; those of a neighbour are given to it. */
export function readAssistant(content: Field, calls: CallNames): readonly Part[] {
  if (typeof content.value === 'string') return content.value === '' ? [] : [{ kind: 'text', text: content.value }];
  const parts: Part[] = [];
  let forNext: Seal | null = null;
  for (const block of content.items()) {
    const placed = placedSealOf(block);
    if (placed?.place === 'next') forNext = placed.seal;
    else if (placed?.place === 'previous') parts.push(...sealed(parts.pop(), placed.seal));
    else {
      parts.push(...sealed(readBlock(block, calls), forNext));
      forNext = null;
    }
  }
  return parts.filter((part) => part.kind !== 'text' || part.text !== '' || part.seal);
}

function placedSealOf(block: Field): PlacedSeal | null {
  if (block.at('type').value !== 'redacted_thinking') return null;
  const placed = decodeSeal(block.at('data').text());
  return placed?.place === 'own' ? null : placed;
}

function sealed(part: Part | undefined, seal: Seal | null): readonly Part[] {
  if (part === undefined) return [];
  return seal !== null && (part.kind === 'text' || part.kind === 'tool-call') ? [{ ...part, seal }] : [part];
}

function readBlock(block: Field, calls: CallNames): Part {
  const type = block.at('type');
  switch (type.value) {
    case 'text':
      return readText(block);
    case 'thinking':
      return readThinking(block.only(THINKING_FIELDS));
    case 'redacted_thinking':
      return { kind: 'reasoning', text: '', seal: readSeal(block.only(REDACTED_FIELDS).at('data').text(), 'redacted') };
    case 'tool_use':
      return readCall(block.only(CALL_FIELDS), calls);
    default:
      return type.refuse('cannot be told to this model: it is no text, thinking or call of a tool of yours');
  }
}

function readThinking(block: Field): Part {
  const signature = block.at('signature').textOrNull() ?? '';
  const seal = signature === '' ? null : readSeal(signature, 'signature');
  return { kind: 'reasoning', text: block.at('thinking').textOrNull() ?? '', seal };
}

function readSeal(data: string, kind: 'signature' | 'redacted'): Seal {
  return decodeSeal(data)?.seal ?? { wire: 'messages', kind, data, id: null };
}

function readCall(block: Field, calls: CallNames): Part {
  const callId = block.at('id').text();
  const name = block.at('name').text();
  calls.set(callId, name);
  // Integers beyond 2^53 have lost digits before: the body went through JSON.parse.
  const input = JSON.stringify(block.at('input').jsonOrNull() ?? {});
  return { kind: 'tool-call', callId, name, input, isCustom: false };
}

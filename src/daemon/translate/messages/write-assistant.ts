import {
  type Asked,
  cannot,
  inputObject,
  type Json,
  type Part,
  safeCallId,
  safeName,
  wrapCustomInput,
} from '../form/index.ts';

/**
 * Writes what the assistant said. Thoughts without a seal of this wire cannot be sent back (the API proves them) and are
 * left out; so are those at the very end, which the API refuses.
 */
export function writeAssistant(parts: readonly Part[], asked: Asked): readonly Json[] {
  const blocks = parts.flatMap((part) => writePart(part, asked));
  const end = blocks.findLastIndex(({ type }) => type !== 'thinking' && type !== 'redacted_thinking');
  return blocks.slice(0, end + 1);
}

function writePart(part: Part, asked: Asked): readonly Json[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }];
    case 'reasoning':
      return writeReasoning(part);
    case 'tool-call': {
      const input = inputObject(part.isCustom ? wrapCustomInput(part.input) : part.input);
      return [{ type: 'tool_use', id: safeCallId(part.callId), name: safeName(part.name), input }];
    }
    case 'audio':
      return cannot(asked, 'audio', 'audio that the assistant made');
    case 'file':
      return cannot(asked, 'files', 'a file that the assistant made');
    case 'image':
      return cannot(asked, 'images', 'an image that the assistant made');
    case 'tool-result':
      return cannot(asked, 'tools', 'a result that the assistant gave');
  }
}

function writeReasoning({ text, seal }: Extract<Part, { kind: 'reasoning' }>): readonly Json[] {
  if (seal?.wire !== 'messages') return [];
  if (seal.kind === 'redacted') return [{ type: 'redacted_thinking', data: seal.data }];
  return [{ type: 'thinking', thinking: text, signature: seal.data }];
}

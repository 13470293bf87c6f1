import type { Field, Part, TextPart, Turn } from '../form/index.ts';
import type { CallNames } from './call-names.ts';
import { readAssistant } from './read-assistant.ts';
import { readContent, readTexts } from './read-content.ts';
import { readResult } from './read-result.ts';

const MESSAGE_FIELDS = new Set(['role', 'content']);
const SYSTEM_FIELDS = new Set(['role', 'content', 'clear_at']);
/**
 * Claude Code's account of itself to Anthropic, in the first block of its system prompt. It is no instruction, and it
 * differs in every request, so another provider's cache would never hit.
 */
const BILLING_LINE = 'x-anthropic-billing-header:';

export function readSystem(system: Field): readonly Turn[] {
  if (system.isAbsent) return [];
  const parts = readTexts(system).filter(({ text }) => text !== '' && !text.startsWith(BILLING_LINE));
  return parts.length === 0 ? [] : [{ role: 'system', parts }];
}

export function readMessages(messages: Field): readonly Turn[] {
  if (!Array.isArray(messages.value)) messages.refuse('must be an array of messages');
  const calls: CallNames = new Map();
  const items = messages.items();
  const lastUser = items.findLastIndex((item) => item.at('role').value === 'user');
  const turns: Turn[] = [];
  for (const [index, message] of items.entries()) {
    const turn = readMessage(message, calls, index < lastUser);
    if (turn !== null && turn.parts.length > 0) turns.push(turn);
  }
  return turns;
}

function readMessage(message: Field, calls: CallNames, isBeforeUser: boolean): Turn | null {
  const role = message.at('role').choice(['user', 'assistant', 'system']);
  switch (role) {
    case 'user':
      return { role, parts: readUser(message.only(MESSAGE_FIELDS).at('content'), calls) };
    case 'assistant':
      return { role, parts: readAssistant(message.only(MESSAGE_FIELDS).at('content'), calls) };
    case 'system':
      return readLaterSystem(message.only(SYSTEM_FIELDS), isBeforeUser);
    case null:
      return message.at('role').refuse('is missing');
  }
}

// `next_user_message`: no longer shown once the user has spoken again.
function readLaterSystem(message: Field, isBeforeUser: boolean): Turn | null {
  const clearAt = message.at('clear_at').choice(['next_user_message', 'never']);
  const parts: readonly TextPart[] = readTexts(message.at('content'));
  return clearAt === 'next_user_message' && isBeforeUser ? null : { role: 'system', parts };
}

function readUser(content: Field, calls: CallNames): readonly Part[] {
  if (typeof content.value === 'string') return readContent(content);
  return content.items().flatMap((block): readonly Part[] => {
    return block.at('type').value === 'tool_result' ? [readResult(block, calls)] : readContent(block);
  });
}

import { type EventOutbox, type Json, objectOf } from '../form/index.ts';
import { CallItem } from './read-call-item.ts';
import { MessageItem } from './read-message-item.ts';
import { ReasoningItem } from './read-reasoning-item.ts';

/** One item of the output while it comes. Every part of it may come in pieces, as a whole, or both. */
export interface ItemReader {
  /** An event about the item that is neither its beginning nor its end. */
  read(type: string, event: Json): void;
  /** The whole item; what was told before is not told again. False: too little is known to tell it. */
  complete(item: Json): boolean;
}

/** Reads an item of the given `type`; items of tools that the provider runs itself say nothing to the client. */
export function openItem(type: string, item: Json, outbox: EventOutbox): ItemReader {
  switch (type) {
    case 'message':
      return new MessageItem(outbox);
    case 'reasoning':
      return new ReasoningItem(outbox);
    case 'function_call':
    case 'custom_tool_call':
      return new CallItem(outbox, type === 'custom_tool_call', item);
    default:
      return { read: () => undefined, complete: () => true };
  }
}

/** The type of the item that an event must be about, for servers that do not announce items; null: not known. */
export function itemTypeOf(eventType: string, event: Json): string | null {
  const [, word = ''] = eventType.split('.');
  // Items of any type may have parts; only words make it a message.
  const part = objectOf(event['part'])['type'];
  if (word === 'content_part' && part !== 'output_text' && part !== 'refusal') return null;
  return ITEM_TYPES.get(word) ?? null;
}

const ITEM_TYPES: ReadonlyMap<string, string> = new Map([
  ['output_text', 'message'],
  ['refusal', 'message'],
  ['content_part', 'message'],
  ['reasoning_summary_part', 'reasoning'],
  ['reasoning_summary_text', 'reasoning'],
  ['reasoning_summary', 'reasoning'],
  ['reasoning_text', 'reasoning'],
  ['function_call_arguments', 'function_call'],
  ['custom_tool_call_input', 'custom_tool_call'],
]);

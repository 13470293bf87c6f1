// Translation between the wires of clients and upstreams: one folder for each wire, and one form between them.
// Pure: no clock, no chance, no network.
import type { Wire } from '../../core/upstreams/index.ts';
import { chatTranslator } from './chat/index.ts';
import type { Translator } from './form/index.ts';
import { geminiTranslator } from './gemini/index.ts';
import { messagesTranslator } from './messages/index.ts';
import { responsesTranslator } from './responses/index.ts';

export { mayBringForeignSeals } from './foreign-seals.ts';
export type { AnswerEvent, EventReader, EventWriter, Prompt, Told, Translator } from './form/index.ts';
export { estimateTokens, eventText, Untranslatable } from './form/index.ts';

/** The wires that can be translated into each other. */
export const translators: Readonly<Record<Wire, Translator>> = {
  chat: chatTranslator,
  responses: responsesTranslator,
  messages: messagesTranslator,
  gemini: geminiTranslator,
};

// Translation between the wires of clients and upstreams: one folder for each wire, and one form between them.
// Pure: no clock, no chance, no network.
import { chatTranslator } from './chat/index.ts';
import type { Translator, Wire } from './form/index.ts';
import { responsesTranslator } from './responses/index.ts';

/** The wires that can be translated into each other. */
export const translators = {
  chat: chatTranslator,
  responses: responsesTranslator,
} satisfies Partial<Record<Wire, Translator>>;

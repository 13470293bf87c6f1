// Requests and answers in no provider's words, and the port that each wire fills. Knows no wire.
export type { AnswerEvent, BlockContent, EndReason } from './answer-event.ts';
export type * from './prompt.ts';
export { NO_HINTS, NO_SAMPLING, WIRES } from './prompt.ts';
export type * from './translator.ts';
export type { Feature } from './untranslatable.ts';
export { FEATURES, Untranslatable } from './untranslatable.ts';

// Requests and answers in no provider's words, and the port that each wire fills. Knows no wire.
export type { AnswerEvent, BlockContent, EndReason } from './answer-event.ts';
export { cannot } from './cannot.ts';
export { budgetOf, effortOf } from './effort.ts';
export { estimateTokens } from './estimate-tokens.ts';
export { EventOutbox } from './event-outbox.ts';
export { eventText } from './event-text.ts';
export { Field } from './field.ts';
export { mergeTurns, splitInstructions } from './instructions.ts';
export { indexOf, isObject, type Json, objectOf, objectsOf, parseObject, textOf } from './lenient.ts';
export type * from './prompt.ts';
export { NO_HINTS, NO_SAMPLING, WIRES } from './prompt.ts';
export { clientNames, safeCallId, safeName } from './safe-names.ts';
export {
  decodeSeal,
  encodeSeal,
  encodeSealBase64,
  mayCarrySeals,
  type PlacedSeal,
  type SealPlace,
} from './seal-text.ts';
export { customToolSchema, inputObject, inputText, unwrapCustomInput, wrapCustomInput } from './tool-input.ts';
export type * from './translator.ts';
export type { Feature } from './untranslatable.ts';
export { FEATURES, Untranslatable } from './untranslatable.ts';
export { type AnswerEnd, type Citation, foldAnswer, type WholeAnswer, type WholeBlock } from './whole-answer.ts';
export { withoutNulls } from './without-nulls.ts';

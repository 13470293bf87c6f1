// Anthropic Messages. Knows the form; knows no other wire.
export { messagesTranslator } from './translator.ts';

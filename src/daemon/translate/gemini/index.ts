// Gemini generateContent. Knows the form; knows no other wire.
export { geminiTranslator } from './translator.ts';

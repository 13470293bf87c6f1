import { indexOf, isObject, type Translator } from '../form/index.ts';
import { writeGeminiError } from './errors.ts';
import { GEMINI_NAMES } from './names.ts';
import { readGeminiAnswer } from './read-answer.ts';
import { readGeminiCount, readGeminiRequest } from './read-request.ts';
import { GeminiReader } from './read-stream.ts';
import { writeGeminiAnswer } from './write-answer.ts';
import { writeGeminiCount, writeGeminiRequest } from './write-request.ts';
import { GeminiWriter } from './write-stream.ts';

/** Gemini generateContent, `v1beta`. */
export const geminiTranslator: Translator = {
  wire: 'gemini',
  fieldNames: GEMINI_NAMES,
  readRequest: readGeminiRequest,
  writeRequest: writeGeminiRequest,
  readAnswer: readGeminiAnswer,
  openReader: (sent) => new GeminiReader(sent),
  writeAnswer: writeGeminiAnswer,
  openWriter: (told) => new GeminiWriter(told),
  writeError: writeGeminiError,
  counting: {
    readQuestion: readGeminiCount,
    writeQuestion: writeGeminiCount,
    readCount: (body) => (isObject(body) ? indexOf(body['totalTokens']) : null),
    writeCount: (tokens) => ({ totalTokens: tokens }),
  },
};

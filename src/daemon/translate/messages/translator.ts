import type { Translator } from '../form/index.ts';
import { indexOf, isObject } from '../form/index.ts';
import { writeMessagesError } from './errors.ts';
import { MESSAGES_NAMES } from './names.ts';
import { readMessagesAnswer } from './read-answer.ts';
import { readMessagesCount, readMessagesRequest } from './read-request.ts';
import { MessagesReader } from './read-stream.ts';
import { writeMessagesAnswer } from './write-answer.ts';
import { writeMessagesCount, writeMessagesRequest } from './write-request.ts';
import { MessagesWriter } from './write-stream.ts';

/** Anthropic Messages, `anthropic-version: 2023-06-01`. */
export const messagesTranslator: Translator = {
  wire: 'messages',
  fieldNames: MESSAGES_NAMES,
  readRequest: readMessagesRequest,
  writeRequest: writeMessagesRequest,
  readAnswer: readMessagesAnswer,
  openReader: (sent) => new MessagesReader(sent),
  writeAnswer: writeMessagesAnswer,
  openWriter: (told) => new MessagesWriter(told),
  writeError: writeMessagesError,
  counting: {
    readQuestion: readMessagesCount,
    writeQuestion: writeMessagesCount,
    readCount: (body) => (isObject(body) ? indexOf(body['input_tokens']) : null),
    writeCount: (tokens) => ({ input_tokens: tokens }),
  },
};

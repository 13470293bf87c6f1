// Chat Completions: the requests and answers of its clients, and those of its servers.
import type { Translator } from '../form/index.ts';
import { errorBody } from '../openai/index.ts';
import { CHAT_NAMES } from './names.ts';
import { readChatAnswer } from './read-answer.ts';
import { readChatRequest } from './read-request.ts';
import { ChatReader } from './read-stream.ts';
import { writeChatAnswer } from './write-answer.ts';
import { writeChatRequest } from './write-request.ts';
import { ChatWriter } from './write-stream.ts';

export const chatTranslator: Translator = {
  wire: 'chat',
  fieldNames: CHAT_NAMES,
  readRequest: readChatRequest,
  writeRequest: writeChatRequest,
  readAnswer: readChatAnswer,
  openReader: () => new ChatReader(),
  writeAnswer: writeChatAnswer,
  openWriter: (told) => new ChatWriter(told),
  writeError: errorBody,
};

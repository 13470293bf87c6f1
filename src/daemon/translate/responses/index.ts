// Responses: the requests and answers of its clients (Codex CLI among them), and those of its servers.
import type { Translator } from '../form/index.ts';
import { errorBody } from '../openai/index.ts';
import { RESPONSES_NAMES } from './names.ts';
import { readResponsesAnswer } from './read-answer.ts';
import { readResponsesRequest } from './read-request.ts';
import { ResponsesReader } from './read-stream.ts';
import { writeResponsesAnswer } from './write-answer.ts';
import { writeResponsesRequest } from './write-request.ts';
import { ResponsesWriter } from './write-stream.ts';

export { CARRIED_MARK } from './carried-seal.ts';

export const responsesTranslator: Translator = {
  wire: 'responses',
  fieldNames: RESPONSES_NAMES,
  readRequest: readResponsesRequest,
  writeRequest: writeResponsesRequest,
  readAnswer: readResponsesAnswer,
  openReader: () => new ResponsesReader(),
  writeAnswer: writeResponsesAnswer,
  openWriter: (told) => new ResponsesWriter(told),
  writeError: errorBody,
};

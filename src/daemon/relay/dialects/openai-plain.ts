import type { Dialect } from './dialect.ts';
import { readOpenaiJson } from './openai-answer.ts';
import { openaiErrorJson } from './openai-error.ts';
import { REQUEST_FIELDS } from './request-fields.ts';

/** OpenAI APIs that answer with one JSON object and never stream: embeddings, token counts, stored objects. */
export const openaiPlain: Dialect = {
  fields: REQUEST_FIELDS,
  readJson: readOpenaiJson,
  openStream: null,
  injectsStreamUsage: false,
  errorEvent: (code, message) => Buffer.from(`data: ${openaiErrorJson(code, message)}\n\n`),
  keepalive: Buffer.from(': keep-alive\n\n'),
};

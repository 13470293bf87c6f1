// One small file for each wire. A dialect knows bytes and shapes; it knows no scheduling and no money.
export { anthropicErrorBody, anthropicFailureOf } from './anthropic-error.ts';
export { anthropicCount, anthropicMessages } from './anthropic-messages.ts';
export { freshOf, readAnthropicUsage } from './anthropic-usage.ts';
export type { AnswerFacts, AnswerFold, Dialect, RequestScan, StreamFailure, StreamReader } from './dialect.ts';
export { noFacts } from './dialect.ts';
export { geminiErrorBody, geminiFailureOf } from './gemini-error.ts';
export { geminiCount, geminiGenerate } from './gemini-generate.ts';
export { readGeminiUsage } from './gemini-usage.ts';
export { openaiChat } from './openai-chat.ts';
export { failureOf, openaiErrorJson } from './openai-error.ts';
export { openaiPlain } from './openai-plain.ts';
export { openaiResponses } from './openai-responses.ts';
export { isRecord, readOpenaiUsage } from './openai-usage.ts';

import { Field, type Hints, isObject, NO_HINTS, type Prompt, type RequestFacts } from '../form/index.ts';
import { camel } from './camel.ts';
import { readContents, readInstruction } from './read-contents.ts';
import { readGeneration } from './read-generation.ts';
import { readToolChoice, readTools } from './read-tools.ts';
import { checkRequestFields } from './request-fields.ts';

/**
 * Reads the body of `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent` (Gemini API reference,
 * "Generating content"). Model and form of the answer stand in the path.
 * @throws Untranslatable
 */
export function readGeminiRequest(value: unknown, request: RequestFacts): Prompt {
  return read(camel(new Field(value)), request);
}

/**
 * Reads the body of `:countTokens`: contents alone, or a whole request as `generateContentRequest`.
 * @throws Untranslatable
 */
export function readGeminiCount(value: unknown, request: RequestFacts): Prompt {
  const body = camel(new Field(value));
  const whole = isObject(body.value) ? body.at('generateContentRequest') : new Field(undefined);
  return { ...read(whole.isAbsent ? body : camel(whole), request), stream: false };
}

function read(body: Field, request: RequestFacts): Prompt {
  checkRequestFields(body);
  const tools = readTools(body.at('tools'));
  const { sampling, reasoning, format } = readGeneration(camel(body.at('generationConfig')));
  return {
    model: request.model,
    stream: request.stream,
    turns: [...readInstruction(body.at('systemInstruction')), ...readContents(body.at('contents'))],
    tools,
    toolChoice: readToolChoice(camel(body.at('toolConfig')), tools),
    parallelToolCalls: null,
    sampling,
    reasoning,
    format,
    verbosity: null,
    hints: readHints(body),
    wantsStreamUsage: false,
  };
}

function readHints(body: Field): Hints {
  const labels = body.at('labels');
  const record = labels.jsonOrNull();
  const metadata = record && Object.fromEntries(Object.keys(record).map((name) => [name, labels.at(name).text()]));
  return { ...NO_HINTS, serviceTier: body.at('serviceTier').textOrNull(), metadata };
}

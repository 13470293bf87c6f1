import { type AnswerEvent, isObject, type Json, type Told } from '../form/index.ts';
import { errorBody } from '../openai/index.ts';
import { AnswerScript } from './answer-script.ts';

/** Writes a whole answer (OpenAI API reference, "The response object"), or an error if it failed. */
export function writeResponsesAnswer(events: Iterable<AnswerEvent>, told: Told): Json {
  const script = new AnswerScript(told);
  let response: unknown = null;
  for (const event of events) {
    if (event.type === 'failed') return errorBody({ ...event, field: null });
    const last = script.say(event).at(-1);
    if (event.type === 'end') response = last?.['response'];
  }
  if (isObject(response)) return response;
  return errorBody({ status: 502, code: 'upstream_error', message: 'no answer came', field: null });
}

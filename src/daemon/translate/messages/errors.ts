import { anthropicErrorBody } from '../../relay/dialects/index.ts';
import type { ErrorFacts, Json } from '../form/index.ts';

/** An error body of the Messages API. It has one message, so the field is named in it too. */
export function writeMessagesError({ status, code, message, field }: ErrorFacts): Json {
  return anthropicErrorBody(status, code, message, field);
}

import type { ErrorFacts, Json } from '../form/index.ts';

const TYPE_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

/** An error body of the OpenAI APIs: all four members are always there (API reference, "Error codes"). */
export function errorBody({ status, code, message, field }: ErrorFacts): Json {
  const type = TYPE_BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'invalid_request_error' : 'server_error');
  return { error: { message, type, param: field, code } };
}

import type { StreamFailure } from './dialect.ts';
import { isRecord } from './openai-usage.ts';

/** An error body as every OpenAI client reads it: all four members are there. */
export function openaiErrorJson(code: string, message: string, type = code, param: string | null = null): string {
  return JSON.stringify({ error: { message, type, param, code } });
}

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  invalid_prompt: 400,
  context_length_exceeded: 400,
  invalid_image: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  permission_error: 403,
  not_found_error: 404,
  model_not_found: 404,
  rate_limit_exceeded: 429,
  rate_limit_error: 429,
  usage_limit_reached: 429,
  insufficient_quota: 429,
  server_is_overloaded: 503,
  slow_down: 503,
  overloaded_error: 503,
};
const MESSAGE_MAX = 500;

/** Reads an error object that came within a stream; the status is the one that a plain answer would have had. */
export function failureOf(error: unknown): StreamFailure {
  const fields = isRecord(error) ? error : {};
  const code = text(fields['code']) || text(fields['type']) || 'server_error';
  const numeric = Number(fields['status'] ?? fields['code']);
  const stated = numeric >= 400 && numeric < 600 ? numeric : undefined;
  return {
    status: STATUS_BY_CODE[code] ?? STATUS_BY_CODE[text(fields['type'])] ?? stated ?? 502,
    code,
    message: (text(fields['message']) || 'the upstream failed without a message').slice(0, MESSAGE_MAX),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

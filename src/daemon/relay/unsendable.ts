import { describeError } from '../../core/failure.ts';
import { ADDRESS_DENIED } from '../../core/outbound.ts';
import { openaiErrorJson } from './dialects/index.ts';
import { type ExchangeResult, networkError } from './exchange.ts';

/** undici refuses a header value that no HTTP message can carry; that is the client's doing. */
export function unsendable(error: unknown): ExchangeResult {
  if (error instanceof Error && 'code' in error && error.code === ADDRESS_DENIED) {
    return { kind: 'failed', error: networkError(error), answer: null };
  }
  const message = `The request cannot be sent on: ${describeError(error)}.`;
  const body = Buffer.from(openaiErrorJson('invalid_request', message, 'invalid_request_error'));
  return {
    kind: 'failed',
    error: {
      kind: 'answer',
      status: 400,
      contentType: 'application/json',
      code: 'invalid_request',
      message,
      retryAfterMs: null,
      bodyResetMs: null,
    },
    answer: { status: 400, headers: ['content-type', 'application/json'], body },
  };
}

import type { UpstreamError } from '../../core/scheduling/index.ts';
import type { Clock } from '../../core/time.ts';
import { isRecord } from './dialects/index.ts';
import type { BodySink, ExchangeControl } from './exchange.ts';
import { headerIn, headersDown } from './header-lists.ts';

const MESSAGE_MAX = 500;

/** Collects the body of an error answer, up to a bound, and reads from it what the scheduler wants to know. */
export function errorSink(
  status: number,
  headers: readonly string[],
  control: ExchangeControl,
  limits: { readonly maxBytes: number; readonly clock: Clock },
): BodySink {
  const shown = headersDown(headers);
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (): void => {
    const body = Buffer.concat(chunks);
    const error = readErrorAnswer(status, headers, body, limits.clock);
    control.finish({ kind: 'failed', error, answer: { status, headers: shown, body } });
  };
  return {
    data(chunk) {
      bytes += chunk.length;
      if (bytes <= limits.maxBytes) {
        chunks.push(chunk);
        return true;
      }
      finish();
      control.abort('error body larger than its limit');
      return true;
    },
    end: finish,
    // A status was seen, and it says more than the broken connection.
    broke: finish,
    clientGone: () => control.abort('client gone'),
  };
}

/** Reads status, headers and body of an error into the scheduler's words. */
export function readErrorAnswer(status: number, headers: readonly string[], body: Buffer, clock: Clock): UpstreamError {
  const error = errorObject(body);
  return {
    kind: 'answer',
    status,
    contentType: headerIn(headers, 'content-type'),
    code: (text(error['code']) || text(error['type']) || googleReason(error) || text(error['status'])).toLowerCase(),
    message: (text(error['message']) || body.toString('utf8', 0, MESSAGE_MAX)).slice(0, MESSAGE_MAX),
    retryAfterMs: retryAfterMs(headers, clock),
    bodyResetMs: bodyResetMs(error, clock),
  };
}

function errorObject(body: Buffer): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return {};
  }
  if (!isRecord(parsed)) return {};
  if (isRecord(parsed['error'])) return parsed['error'];
  const detail = parsed['detail'] ?? parsed['error'] ?? parsed['message'];
  return typeof detail === 'string' ? { ...parsed, message: detail } : parsed;
}

/** `retry-after-ms`, or `retry-after` in seconds or as an HTTP date (RFC 9110, 10.2.3). */
function retryAfterMs(flat: readonly string[], clock: Clock): number | null {
  const ms = Number.parseFloat(headerIn(flat, 'retry-after-ms'));
  if (Number.isFinite(ms) && ms >= 0) return Math.ceil(ms);
  const value = headerIn(flat, 'retry-after').trim();
  if (value === '') return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.ceil(seconds * 1000) : null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - clock.now());
}

function bodyResetMs(error: Record<string, unknown>, clock: Clock): number | null {
  const at = error['resets_at'];
  if (typeof at === 'number' && at > 0) return Math.max(0, Math.ceil(at * 1000) - clock.now());
  const inSeconds = error['resets_in_seconds'];
  if (typeof inSeconds === 'number' && inSeconds >= 0) return Math.ceil(inSeconds * 1000);
  return retryDelayMs(error);
}

/** `google.rpc.RetryInfo` has the delay as text: `"30s"`, `"1.5s"`. */
function retryDelayMs(error: Record<string, unknown>): number | null {
  for (const detail of detailsOf(error)) {
    const seconds = Number.parseFloat(text(detail['retryDelay']));
    if (Number.isFinite(seconds) && seconds >= 0) return Math.ceil(seconds * 1000);
  }
  return null;
}

/** `google.rpc.ErrorInfo` says what kind of bad argument it is, such as API_KEY_INVALID. */
function googleReason(error: Record<string, unknown>): string {
  return detailsOf(error).reduce((found, detail) => found || text(detail['reason']), '');
}

function detailsOf(error: Record<string, unknown>): readonly Record<string, unknown>[] {
  const { details } = error;
  return Array.isArray(details) ? details.filter(isRecord) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

import { ADDRESS_DENIED, ANSWER_TOO_LARGE, callOutbound, OutboundError, TIMED_OUT } from '../outbound.ts';
import type { Secret } from '../secret.ts';
import { isPrivateAddress } from '../upstreams/index.ts';

export interface ProviderCall {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly allowPrivate: boolean;
  readonly proxyUrl: Secret | null;
  readonly timeoutMs: number;
}

export type ProviderAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly json: Readonly<Record<string, unknown>> | null }
  /** No whole answer came. `mayHaveArrived` is false when it is certain that the provider knows nothing of the call. */
  | { readonly kind: 'trouble'; readonly why: string; readonly mayHaveArrived: boolean };

const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_MAX_BYTES = 262_144;
/** Who calls, as Codex CLI says it: the login is registered for it, and the backend refuses what it does not know. */
const ORIGINATOR = 'codex_cli_rs';
const USER_AGENT = 'codex_cli_rs/0.169.0';

const TROUBLES: Readonly<Record<string, string>> = {
  [ADDRESS_DENIED]: 'has a private address, which is not allowed',
  [ANSWER_TOO_LARGE]: 'answered too much',
  [TIMED_OUT]: 'did not answer in time',
};

/** For the query of a login page and for headers. */
export const CODEX_CLIENT = { originator: ORIGINATOR, userAgent: USER_AGENT } as const;

/** One call, never repeated. Nothing of its body or of the answer's text is in what it says of trouble. */
export async function callProvider(call: ProviderCall): Promise<ProviderAnswer> {
  try {
    const { status, text } = await callOutbound({
      method: call.method,
      url: call.url,
      headers: { accept: 'application/json', 'user-agent': USER_AGENT, originator: ORIGINATOR, ...call.headers },
      ...(call.body !== undefined && { body: call.body }),
      ...(call.proxyUrl && { proxyUrl: call.proxyUrl.reveal() }),
      isAllowedAddress: (ip) => call.allowPrivate || !isPrivateAddress(ip),
      connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, call.timeoutMs),
      totalTimeoutMs: call.timeoutMs,
      maxAnswerBytes: ANSWER_MAX_BYTES,
    });
    return { kind: 'answer', status, json: readObject(text) };
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    const why =
      TROUBLES[error.code] ?? `${error.mayHaveArrived ? 'broke off' : 'could not be reached'} (${error.code})`;
    return { kind: 'trouble', why, mayHaveArrived: error.mayHaveArrived };
  }
}

/** The code of a refusal: `error.code`, `error.type`, `error` as a word, or `code`; null when it has none that is a word. */
export function refusalCode(json: Readonly<Record<string, unknown>> | null): string | null {
  const error = json?.['error'];
  const nested = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {};
  const found = [nested['code'], nested['type'], error, json?.['code']].find((value) => typeof value === 'string');
  // It goes into rows, logs and terminals, so it must be a word and cannot be a token.
  return typeof found === 'string' && /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(found) ? found : null;
}

function readObject(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

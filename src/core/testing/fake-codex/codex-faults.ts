/** What stands in the place of an answer. An object as body is sent as JSON. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}

/** How a stream goes wrong. */
export interface StreamFault {
  /** Everything up to the first text comes as it should; then this event, and the stream ends. */
  readonly event?: Readonly<Record<string, unknown>> & { readonly type: string };
  /** The text comes before `event`. */
  readonly afterText?: boolean;
  /** After so many events the connection breaks. */
  readonly cutAfter?: number;
  /** After so many events nothing more comes, and the connection stays open. */
  readonly stallAfter?: number;
  /** The stream ends in good order without its terminal event. */
  readonly withoutTerminal?: boolean;
}

/** How one call goes wrong. */
export interface CodexFault {
  /** How long the call is left waiting first. */
  readonly delayMs?: number;
  /** Before the call has any effect. */
  readonly instead?: PlainAnswer | 'stall' | 'cut';
  /** The call has its effect, and its answer never arrives. */
  readonly lost?: 'stall' | 'cut';
  /** Fields that an answer with tokens leaves out. */
  readonly omit?: readonly string[];
  readonly stream?: StreamFault;
}

const HTML =
  '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Enable JavaScript and cookies</body></html>';

/** Everything that is known to go wrong, as the provider says it. */
export const codexFault = {
  usageLimit(resetsInS: number | null = 3_600, now: number = Date.now()): CodexFault {
    const resetsAt =
      resetsInS === null ? {} : { resets_at: Math.floor(now / 1_000) + resetsInS, resets_in_seconds: resetsInS };
    return refusal(429, {
      error: {
        type: 'usage_limit_reached',
        message: 'The usage limit has been reached',
        plan_type: 'plus',
        ...resetsAt,
      },
    });
  },

  usageNotIncluded(): CodexFault {
    return refusal(403, {
      error: {
        type: 'usage_not_included',
        message: 'To use Codex with your ChatGPT plan, upgrade to Plus.',
        plan_type: 'free',
      },
    });
  },

  rateLimit(): CodexFault {
    return refusal(429, {
      error: {
        type: 'rate_limit_exceeded',
        code: 'rate_limit_exceeded',
        message: 'Rate limit reached. Please try again in 1s.',
      },
    });
  },

  tokenExpired(): CodexFault {
    return refusal(
      401,
      tokenRefusal('token_expired', 'Provided authentication token is expired. Please try signing in again.'),
    );
  },

  /** What stands before the backend takes the caller for a robot. */
  blockedPage(status = 403): CodexFault {
    return {
      instead: {
        status,
        headers: { 'content-type': 'text/html; charset=UTF-8', 'cf-mitigated': 'challenge' },
        body: HTML,
      },
    };
  },

  deactivated(): CodexFault {
    return refusal(403, tokenRefusal('account_deactivated', 'Your account has been deactivated.'));
  },

  atCapacity(): CodexFault {
    return refusal(400, {
      error: { type: 'invalid_request_error', message: 'Selected model is at capacity. Please try a different model.' },
    });
  },

  overloaded(): CodexFault {
    return refusal(503, {
      error: {
        code: 'server_is_overloaded',
        type: 'service_unavailable_error',
        message: 'Our servers are currently overloaded.',
      },
    });
  },

  /** 200, the handshake events, and then the overload. */
  overloadedInStream(): CodexFault {
    return codexFault.failedInStream(
      'server_is_overloaded',
      'Our servers are currently overloaded. Please try again later.',
    );
  },

  failedInStream(code: string, message: string, { afterText = false } = {}): CodexFault {
    return {
      stream: {
        event: { type: 'response.failed', response: { status: 'failed', error: { code, message } } },
        afterText,
      },
    };
  },

  /** The other way of failing: an `error` event. */
  errorInStream(code: string, message: string): CodexFault {
    return { stream: { event: { type: 'error', error: { type: code, code, message, param: null } } } };
  },

  status(
    status: number,
    body: string | object = { detail: 'as planned' },
    headers: Record<string, string> = {},
  ): CodexFault {
    return { instead: { status, body, headers } };
  },
};

interface Rule {
  readonly match: CodexMatch;
  readonly fault: CodexFault;
  left: number;
}

export interface CodexMatch {
  /** The beginning of the path, e.g. `/oauth/token`. */
  readonly path?: string;
  /** Only calls of this account. */
  readonly accountId?: string;
}

/** What is to go wrong with the next calls. */
export class CodexFaults {
  readonly #rules: Rule[] = [];

  plan(match: CodexMatch, fault: CodexFault, times: number): void {
    this.#rules.push({ match, fault, left: times });
  }

  clear(): void {
    this.#rules.length = 0;
  }

  /** Takes the fault for this call, if there is one left. */
  take(path: string, accountId: string | null): CodexFault | undefined {
    const rule = this.#rules.find(({ match, left }) => left > 0 && fits(match, path, accountId));
    if (rule) rule.left -= 1;
    return rule?.fault;
  }
}

function fits(match: CodexMatch, path: string, accountId: string | null): boolean {
  return path.startsWith(match.path ?? '') && (match.accountId === undefined || match.accountId === accountId);
}

function refusal(status: number, body: object): CodexFault {
  return { instead: { status, body } };
}

/** How the backend refuses a token. */
export function tokenRefusal(code: string, message: string): object {
  return { error: { message, type: 'invalid_request_error', code, param: null }, status: 401 };
}

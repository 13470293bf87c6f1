import { describeError } from '../../core/failure.ts';
import type { Clock } from '../../core/time.ts';
import type { Credential, Endpoint, Upstream } from '../../core/upstreams/index.ts';
import type { Egress } from './egress.ts';
import { networkError } from './exchange.ts';
import { baseOf } from './upstream-call.ts';

export interface ProbeResult {
  readonly ok: boolean;
  readonly status: number | null;
  readonly latencyMs: number;
  /** One sentence; never holds the secret. */
  readonly detail: string;
}

const TIMEOUT_MS = 20_000;
const SHOWN_MAX = 200;

/** Asks an upstream whether a credential works: its list of models or, for a named model, one token of an answer. */
export async function probeCredential(
  egress: Egress,
  clock: Clock,
  target: { upstream: Upstream; endpoint: Endpoint; credential: Credential; model?: string },
): Promise<ProbeResult> {
  const { upstream, endpoint, credential, model } = target;
  const { origin, pathname } = baseOf(endpoint.baseUrl);
  const secret = credential.secret.reveal();
  const startedMs = clock.monotonicMs();
  const took = (): number => Math.round(clock.monotonicMs() - startedMs);
  const body = model ? JSON.stringify({ model, max_tokens: 1, messages: [{ role: 'user', content: 'ping' }] }) : null;
  try {
    const dispatcher = egress.dispatcherFor({
      origin,
      allowPrivate: upstream.allowPrivate,
      proxyUrl: credential.proxyUrl,
    });
    const answer = await dispatcher.request({
      origin,
      path: `${pathname}${body ? '/chat/completions' : '/models'}`,
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', accept: 'application/json' },
      body,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    const text = (await answer.body.text()).slice(0, SHOWN_MAX).replaceAll(secret, '[redacted]');
    const ok = answer.statusCode >= 200 && answer.statusCode < 300;
    const detail = ok ? 'the credential works' : `the upstream answered ${answer.statusCode}: ${text}`;
    return { ok, status: answer.statusCode, latencyMs: took(), detail };
  } catch (error) {
    const seen = error instanceof Error ? networkError(error) : null;
    const code = seen?.kind === 'network' ? seen.code : 'unknown';
    const why = describeError(error).replaceAll(secret, '[redacted]').slice(0, SHOWN_MAX);
    return { ok: false, status: null, latencyMs: took(), detail: `no answer (${code}): ${why}` };
  }
}

import { describeError } from '../../core/failure.ts';
import type { Clock } from '../../core/time.ts';
import type { Credential, Endpoint, Upstream, UpstreamKind } from '../../core/upstreams/index.ts';
import type { Egress } from './egress.ts';
import { networkError } from './exchange.ts';
import { geminiPath } from './gemini-path.ts';
import { authHeaders, VERSION_HEADERS } from './upstream-auth.ts';
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
  const question = questionOf(upstream.kind, model);
  const { body } = question;
  try {
    const dispatcher = egress.dispatcherFor({
      origin,
      allowPrivate: upstream.allowPrivate,
      proxyUrl: credential.proxyUrl,
    });
    const answer = await dispatcher.request({
      origin,
      path: `${pathname}${question.path}`,
      method: body ? 'POST' : 'GET',
      headers: [
        ...authHeaders(upstream.kind, credential.secret),
        ...VERSION_HEADERS[upstream.kind],
        'content-type',
        'application/json',
        'accept',
        'application/json',
      ],
      body: body && JSON.stringify(body),
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

/** The smallest question that proves a key, or a key and a model. */
function questionOf(kind: UpstreamKind, model: string | undefined): { path: string; body: object | null } {
  if (model === undefined) return { path: '/models', body: null };
  switch (kind) {
    case 'openai':
    case 'codex':
      return { path: '/chat/completions', body: { model, max_tokens: 1, messages: PING } };
    case 'anthropic':
      return { path: '/messages', body: { model, max_tokens: 1, messages: PING } };
    case 'gemini': {
      const path = geminiPath(model, 'generateContent', false);
      const contents = [{ role: 'user', parts: [{ text: 'ping' }] }];
      return { path, body: { contents, generationConfig: { maxOutputTokens: 1 } } };
    }
  }
}

const PING = [{ role: 'user', content: 'ping' }];

import type { Secret } from '../../core/secret.ts';
import type { UpstreamKind } from '../../core/upstreams/index.ts';

/** Without a version, Anthropic refuses a request: https://docs.anthropic.com/en/api/versioning. */
export const VERSION_HEADERS: Readonly<Record<UpstreamKind, readonly string[]>> = {
  openai: [],
  codex: [],
  anthropic: ['anthropic-version', '2023-06-01'],
  gemini: [],
};

/** The headers that open an upstream of a kind, flat. */
export function authHeaders(kind: UpstreamKind, secret: Secret): readonly [string, string] {
  switch (kind) {
    case 'openai':
    case 'codex':
      return ['authorization', `Bearer ${secret.reveal()}`];
    case 'anthropic':
      return ['x-api-key', secret.reveal()];
    case 'gemini':
      return ['x-goog-api-key', secret.reveal()];
  }
}

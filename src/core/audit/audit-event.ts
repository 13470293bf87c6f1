import type { AuditId } from '../ids.ts';
import type { EpochMs } from '../time.ts';

/** One change that somebody made, kept for ever. */
export interface AuditEvent {
  readonly id: AuditId;
  readonly at: EpochMs;
  /** Who: `token:ci`, `socket`, `user:alice`, `system`. */
  readonly actor: string;
  /** What: `upstream.add`, `settings.set`. */
  readonly action: string;
  /** To what: an id or a key. */
  readonly object: string;
  readonly reason: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

const HIDDEN = /secret|password|token(?!s)|proxy_?url|authorization|(?:private|api)[_-]?key$|^text$/i;
const DETAIL_MAX_CHARS = 65_536;

/**
 * `before` and `after` as JSON. What has the name of a secret is redacted even when somebody forgot to type it as one.
 */
export function auditDetail(before: unknown, after: unknown): string {
  const detail = JSON.stringify({ before, after }, (key, value: unknown) =>
    typeof value === 'string' && HIDDEN.test(key) ? '[redacted]' : value,
  );
  return detail.length <= DETAIL_MAX_CHARS ? detail : JSON.stringify({ omitted: `${detail.length} characters` });
}

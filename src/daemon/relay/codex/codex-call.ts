import { createHash } from 'node:crypto';
import { type CodexAccounts, limitsFromEvent, limitsFromHeaders } from '../../../core/codex/index.ts';
import type { Candidate } from '../../../core/scheduling/index.ts';
import type { EpochMs } from '../../../core/time.ts';
import type { Credential } from '../../../core/upstreams/index.ts';
import { mayBringForeignSeals } from '../../translate/index.ts';
import type { SseEvent } from '../../wire/index.ts';
import { openaiPlain } from '../dialects/index.ts';
import type { RelayRequest } from '../relay-request.ts';
import { translateCall } from '../translation/translate-call.ts';
import { translatedDialect } from '../translation/translated-dialect.ts';
import { laidOver, type UpstreamCall } from '../upstream-call.ts';
import { codexBody } from './codex-body.ts';
import { codexDialect, noteLimits } from './codex-dialect.ts';
import { type CodexIdentity, codexHeaders } from './codex-headers.ts';

/** What a call to a ChatGPT account needs besides the request. */
export interface CodexDoor {
  readonly accounts: CodexAccounts;
  readonly now: EpochMs;
  readonly identity: CodexIdentity;
  /** With the access token as it is now; a candidate may have an older one. */
  readonly credential: Credential;
  /** Names the conversation for this user alone; null when nothing names it. */
  readonly sessionKey: string | null;
}

type Call = Omit<UpstreamCall, 'origin' | 'path'> & { readonly path: string };

/**
 * Says a request to the Codex backend of a ChatGPT account.
 * @throws Untranslatable when it has no words for what the request says.
 */
export function codexCall(request: RelayRequest, candidate: Candidate, door: CodexDoor): Call {
  const { accounts } = door;
  const account = accounts.get(candidate.credential.id);
  if (!account) throw new Error(`the credential ${candidate.name} belongs to no account`);
  const isCompact = request.route.endpoint === '/v1/responses/compact';
  const cacheKey = door.sessionKey === null ? null : uuidOf(door.sessionKey);
  const wish = { model: candidate.upstreamModel, cacheKey, isCompact };
  const { secret, fingerprint } = door.credential;
  const { identity } = door;
  const headers = codexHeaders(request.incoming.headersUp, account, { secret, sessionId: cacheKey, identity });
  headers.push('content-type', 'application/json', 'accept', isCompact ? 'application/json' : 'text/event-stream');
  const onHeaders = (raw: readonly string[]): void => {
    const seen = limitsFromHeaders(raw, door.now);
    if (seen) accounts.observe(candidate.credential.id, seen);
  };
  const common = {
    method: 'POST' as const,
    headers: laidOver(headers, candidate),
    usageInjected: false,
    tokenFingerprint: fingerprint,
    onHeaders,
  };
  if (isCompact) {
    const body = codexBody(request.body, wish);
    return { ...common, path: '/responses/compact', body, dialect: openaiPlain, isTranslated: false };
  }
  const note = (event: unknown): void => {
    const seen = limitsFromEvent(event, door.now);
    if (seen) accounts.observe(candidate.credential.id, seen);
  };
  const path = '/responses';
  const { wire } = request.route;
  if (wire === null || (wire === 'responses' && !mayBringForeignSeals(wire, request.body))) {
    return { ...common, path, body: codexBody(request.body, wish), dialect: codexDialect(note), isTranslated: false };
  }
  const { body, translation } = translateCall(request, wire, candidate, 'responses');
  const tap = (event: SseEvent): void => noteLimits(event, note);
  const dialect = translatedDialect(request.route.dialect, { ...translation, tap });
  return { ...common, path, body: codexBody(body, wish), dialect, isTranslated: true };
}

/** The form that a Codex CLI's own names of conversations have. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

import type { CodexAccountView } from '../../../core/codex/index.ts';
import type { Secret } from '../../../core/secret.ts';

/** What the backend is told where the client is no Codex CLI. */
export interface CodexIdentity {
  readonly userAgent: string;
  readonly originator: string;
}

/** Headers by which a Codex CLI names its conversation: one value for all, and never the client's own. */
const SESSION = new Set([
  'session_id',
  'session-id',
  'thread-id',
  'conversation_id',
  'conversation-id',
  'x-client-request-id',
]);
const WINDOW = 'x-codex-window-id';
/** Of the client, what the backend knows what to do with. */
const KEPT = new Set([
  'version',
  'openai-beta',
  'x-codex-turn-metadata',
  'x-codex-turn-state',
  'x-codex-beta-features',
  'x-codex-routing-hint',
  'x-openai-internal-codex-responses-lite',
]);
const CODEX_AGENT = /^codex[-_ /]/i;

/** The headers of a call to the Codex backend, but for what every call has. */
export function codexHeaders(
  headersUp: readonly string[],
  account: CodexAccountView,
  wish: { readonly secret: Secret; readonly sessionId: string | null; readonly identity: CodexIdentity },
): string[] {
  const { sessionId } = wish;
  const headers: string[] = [];
  let userAgent = wish.identity.userAgent;
  let originator = wish.identity.originator;
  let namesSession = false;
  for (let at = 0; at + 1 < headersUp.length; at += 2) {
    const name = headersUp[at] ?? '';
    const value = headersUp[at + 1] ?? '';
    if (name === 'user-agent' && CODEX_AGENT.test(value)) userAgent = value;
    else if (name === 'originator' && CODEX_AGENT.test(value)) originator = value;
    else if (KEPT.has(name)) headers.push(name, value);
    else if (sessionId !== null && SESSION.has(name)) {
      headers.push(name, sessionId);
      namesSession = true;
    } else if (sessionId !== null && name === WINDOW) headers.push(name, `${sessionId}${suffixOf(value)}`);
  }
  if (sessionId !== null && !namesSession) headers.push('session_id', sessionId);
  headers.push('user-agent', userAgent, 'originator', originator);
  headers.push('chatgpt-account-id', account.accountId, 'authorization', `Bearer ${wish.secret.reveal()}`);
  if (account.isFedramp) headers.push('x-openai-fedramp', 'true');
  return headers;
}

/** Behind the thread stands which of its windows it is: `<thread>:0`. */
function suffixOf(value: string): string {
  return /:\d{1,6}$/.exec(value)?.[0] ?? ':0';
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type FakeClock, machineClock } from './fake-clock.ts';
import { type CodexReply, NORMAL_REPLY } from './fake-codex/answer-events.ts';
import { accountOf, answerBackend } from './fake-codex/backend-door.ts';
import { type ChatGptAccount, newAccount } from './fake-codex/chatgpt-account.ts';
import { type CodexCall, type Decoders, readCall, sendPlain } from './fake-codex/codex-call.ts';
import { type CodexFault, CodexFaults, type CodexMatch } from './fake-codex/codex-faults.ts';
import { DeviceLogins } from './fake-codex/device-logins.ts';
import { Grants, type TokenSet } from './fake-codex/grants.ts';
import { answerOauth, FAKE_CLIENT_ID } from './fake-codex/oauth-door.ts';

export type { CodexReply } from './fake-codex/answer-events.ts';
export { type ChatGptAccount, windowOf } from './fake-codex/chatgpt-account.ts';
export { type CodexFault, codexFault } from './fake-codex/codex-faults.ts';
export type { TokenSet } from './fake-codex/grants.ts';

const ACCESS_TTL_S = 10 * 86_400;
const UPGRADE_REFUSED = 'HTTP/1.1 426 Upgrade Required\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';

export interface FakeCodexOptions {
  /** The machine's unless given; give the product's own where that one stands still. */
  readonly clock?: FakeClock;
  readonly models?: readonly string[];
  /** For bodies in an encoding that Node 20 does not know, such as zstd. */
  readonly decoders?: Decoders;
}

/** A call and what became of it. */
export interface CodexRecord extends CodexCall {
  readonly account: ChatGptAccount | null;
}

export interface FakeCodex {
  readonly clock: FakeClock;
  /** For `codex.auth_base_url`. */
  readonly authBaseUrl: string;
  /** For `codex.backend_base_url`. */
  readonly backendBaseUrl: string;
  /** For an upstream of the kind codex. */
  readonly codexBaseUrl: string;
  readonly grants: Grants;
  /** In the order in which they came, headers and tokens as they were. */
  readonly calls: readonly CodexRecord[];
  /** Calls of POST /codex/responses. */
  readonly turns: readonly CodexRecord[];
  /** Times that a device login was asked for. */
  readonly devicePolls: number;
  addAccount(changes?: Partial<ChatGptAccount>): ChatGptAccount;
  /** Fresh tokens, as if the account had just logged in somewhere. */
  login(account: ChatGptAccount): TokenSet;
  /** The file that Codex CLI would have written after such a login. */
  authFile(account: ChatGptAccount, tokens?: TokenSet): Record<string, unknown>;
  /** What a person does at the address of a browser login: consents, and is sent to the URL that comes back. */
  consent(authorizeUrl: string, account: ChatGptAccount): string;
  /** What a person does at the address of a device login. */
  approve(userCode: string, account: ChatGptAccount): void;
  /** How the model answers from now on. */
  reply(changes: Partial<CodexReply>): void;
  /** How it answers next, once each. */
  replyOnce(...changes: readonly Partial<CodexReply>[]): void;
  /** Asked first for every turn; what it does not say is said as always. */
  script(answer: ((turn: CodexCall) => Partial<CodexReply>) | null): void;
  /** Makes the next matching calls go wrong. */
  plan(match: CodexMatch, fault: CodexFault, times?: number): void;
  /** Only these instructions are taken; null: any, and none. */
  requireInstructions(isKnown: ((text: unknown) => boolean) | null): void;
  switchDeviceLogin(isOn: boolean): void;
  /** Forgets calls, faults and replies; accounts and tokens stay. */
  reset(): void;
  close(): Promise<void>;
}

/** ChatGPT's login and Codex backend as a real HTTP server on a loopback port. */
export async function startFakeCodex(options: FakeCodexOptions = {}): Promise<FakeCodex> {
  const { clock = machineClock(), models = ['gpt-5-codex', 'gpt-5'], decoders = {} } = options;
  const grants = new Grants(clock, ACCESS_TTL_S);
  const devices = new DeviceLogins(grants, clock);
  const faults = new CodexFaults();
  const calls: CodexRecord[] = [];
  let normal = NORMAL_REPLY;
  let next: Partial<CodexReply>[] = [];
  let scripted: ((turn: CodexCall) => Partial<CodexReply>) | null = null;
  let serial = 0;
  let instructions: ((text: unknown) => boolean) | null = null;
  let hasDeviceLogin = true;
  let url = '';
  const rooms = {
    grants,
    devices,
    clock,
    models,
    hasDeviceLogin: () => hasDeviceLogin,
    instructions: () => instructions,
    nextReply: (turn: CodexCall) => ({ ...normal, ...(scripted ? scripted(turn) : next.shift()) }),
    nextSerial: () => ++serial,
  };

  async function take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(incoming, decoders);
    const account = accountOf(rooms, call);
    calls.push({ ...call, account });
    const fault = faults.take(call.path, account?.accountId ?? null);
    if (fault?.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    if (fault?.instead !== undefined) return fail(response, fault.instead);
    const plain = answerOauth(rooms, call, fault);
    if (fault?.lost !== undefined) return fail(response, fault.lost);
    if (plain) return sendPlain(response, plain);
    if (await answerBackend(rooms, call, response, fault)) return;
    sendPlain(response, { status: 404, body: { detail: 'Not Found' } });
  }

  const server = createServer((incoming, response) => {
    take(incoming, response).catch((error) => sendPlain(response, { status: 500, body: { detail: String(error) } }));
  });
  server.on('upgrade', (_incoming, socket) => socket.end(UPGRADE_REFUSED));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake Codex listens on no port');
  url = `http://127.0.0.1:${address.port}`;

  return {
    clock,
    authBaseUrl: url,
    backendBaseUrl: `${url}/backend-api`,
    codexBaseUrl: `${url}/backend-api/codex`,
    grants,
    calls,
    get turns() {
      return calls.filter(({ path }) => path === '/backend-api/codex/responses');
    },
    get devicePolls() {
      return devices.polls;
    },
    addAccount: (changes) => newAccount(clock.now(), changes),
    login: (account) => grants.issue(account),
    authFile: (account, tokens = grants.issue(account)) => authFile(account, tokens, clock),
    consent: (authorizeUrl, account) => consent(grants, authorizeUrl, account),
    approve: (userCode, account) => devices.approve(userCode, account, `${url}/deviceauth/callback`),
    reply(changes) {
      normal = { ...normal, ...changes };
    },
    replyOnce(...changes) {
      next.push(...changes);
    },
    script(answer) {
      scripted = answer;
    },
    plan: (match, fault, times = 1) => faults.plan(match, fault, times),
    requireInstructions(isKnown) {
      instructions = isKnown;
    },
    switchDeviceLogin(isOn) {
      hasDeviceLogin = isOn;
    },
    reset() {
      calls.length = 0;
      faults.clear();
      next = [];
      scripted = null;
      normal = NORMAL_REPLY;
      instructions = null;
      hasDeviceLogin = true;
    },
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function fail(response: ServerResponse, how: NonNullable<CodexFault['instead']>): void {
  if (how === 'stall') return;
  if (how === 'cut') response.socket?.resetAndDestroy();
  else sendPlain(response, how);
}

function authFile(account: ChatGptAccount, tokens: TokenSet, clock: FakeClock): Record<string, unknown> {
  const { id_token, access_token, refresh_token } = tokens;
  return {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: { id_token, access_token, refresh_token, account_id: account.accountId },
    last_refresh: new Date(clock.now()).toISOString(),
  };
}

/** @throws when the address asks for something that the real page would not give */
function consent(grants: Grants, authorizeUrl: string, account: ChatGptAccount): string {
  const { pathname, searchParams } = new URL(authorizeUrl);
  const value = (name: string) => searchParams.get(name) ?? '';
  const redirectUri = value('redirect_uri');
  const isRight =
    pathname === '/oauth/authorize' &&
    value('response_type') === 'code' &&
    value('client_id') === FAKE_CLIENT_ID &&
    value('code_challenge_method') === 'S256' &&
    /^http:\/\/localhost:(?:1455|1457)\/auth\/callback$/.test(redirectUri) &&
    value('scope').split(' ').includes('offline_access') &&
    value('state').length >= 32;
  if (!isRight) throw new Error(`the login page would refuse ${authorizeUrl}`);
  const code = grants.issueCode({ account, challenge: value('code_challenge'), redirectUri });
  const query = new URLSearchParams({ code, scope: value('scope'), state: value('state') });
  return `${redirectUri}?${query.toString()}`;
}

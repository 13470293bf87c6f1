import type { ServerResponse } from 'node:http';
import type { Clock } from '../../time.ts';
import { answerEvents, type CodexEvent, type CodexReply, compaction } from './answer-events.ts';
import { type ChatGptAccount, exhausted, rollWindows } from './chatgpt-account.ts';
import { type CodexCall, sendPlain } from './codex-call.ts';
import { type CodexFault, codexFault, type PlainAnswer, tokenRefusal } from './codex-faults.ts';
import type { Grants } from './grants.ts';
import { refuseBody, refuseCompactBody } from './request-rules.ts';
import { usageDocument, usageEvent, usageHeaders } from './usage-document.ts';

const ROOT = '/backend-api';

export interface BackendRooms {
  readonly grants: Grants;
  readonly clock: Clock;
  readonly models: readonly string[];
  /** Says whether a text may stand as instructions, for a backend that knows only some. */
  readonly instructions: () => ((text: unknown) => boolean) | null;
  nextReply(turn: CodexCall): CodexReply;
  nextSerial(): number;
}

/** Answers a call to chatgpt.com/backend-api. False for a path that it does not have. */
export async function answerBackend(
  rooms: BackendRooms,
  call: CodexCall,
  response: ServerResponse,
  fault?: CodexFault,
): Promise<boolean> {
  const where = `${call.method} ${call.path}`;
  if (!Object.hasOwn(ANSWERS, where)) return false;
  const caller = callerOf(rooms, call);
  if ('refused' in caller) sendPlain(response, caller.refused);
  else {
    rollWindows(caller.account, rooms.clock.now());
    await ANSWERS[where as keyof typeof ANSWERS](rooms, { call, account: caller.account, fault }, response);
  }
  return true;
}

/** Whose call it is, whatever comes of it. */
export function accountOf(rooms: Pick<BackendRooms, 'grants'>, call: CodexCall): ChatGptAccount | null {
  return rooms.grants.openAccess((call.headers['authorization'] ?? '').replace(/^Bearer /, ''))?.account ?? null;
}

interface Asked {
  readonly call: CodexCall;
  readonly account: ChatGptAccount;
  readonly fault: CodexFault | undefined;
}

const ANSWERS = {
  [`GET ${ROOT}/wham/usage`]: async (rooms: BackendRooms, { account }: Asked, response: ServerResponse) =>
    sendPlain(response, { status: 200, body: usageDocument(account, rooms.clock.now()) }),
  [`GET ${ROOT}/codex/usage`]: async (rooms: BackendRooms, { account }: Asked, response: ServerResponse) =>
    sendPlain(response, { status: 200, body: usageDocument(account, rooms.clock.now()) }),
  [`GET ${ROOT}/codex/models`]: async (rooms: BackendRooms, _asked: Asked, response: ServerResponse) =>
    sendPlain(response, {
      status: 200,
      headers: { etag: '"fake-models"' },
      body: {
        models: rooms.models.map((slug) => ({ slug, display_name: slug, visibility: 'list', supported_in_api: true })),
      },
    }),
  [`POST ${ROOT}/codex/responses`]: answerResponses,
  [`POST ${ROOT}/codex/responses/compact`]: answerCompact,
} as const;

function callerOf({ grants }: BackendRooms, call: CodexCall): { account: ChatGptAccount } | { refused: PlainAnswer } {
  const token = (call.headers['authorization'] ?? '').replace(/^Bearer /, '');
  const opened = grants.openAccess(token);
  if (!opened)
    return {
      refused: {
        status: 401,
        body: tokenRefusal('token_invalidated', 'Your authentication token has been invalidated.'),
      },
    };
  if (opened.isExpired) return { refused: codexFault.tokenExpired().instead as PlainAnswer };
  if (opened.account.isDeactivated) return { refused: codexFault.deactivated().instead as PlainAnswer };
  if (call.headers['chatgpt-account-id'] !== opened.account.accountId) {
    return { refused: { status: 403, body: { detail: 'The account of the header is not the one of the token' } } };
  }
  return { account: opened.account };
}

/** What is said before the model is asked; null when the model may be asked. */
function refuseTurn(rooms: BackendRooms, { call, account }: Asked, refuse: typeof refuseBody): PlainAnswer | null {
  if (call.text === null) return { status: 415, body: { detail: 'Unsupported content encoding' } };
  const used = exhausted(account);
  if (used.length > 0) {
    const resetsInS = Math.max(...used.map(({ resetsAtS }) => resetsAtS)) - Math.floor(rooms.clock.now() / 1_000);
    const limited = codexFault.usageLimit(resetsInS, rooms.clock.now()).instead as PlainAnswer;
    return { ...limited, headers: usageHeaders(account, rooms.clock.now()) };
  }
  const isKnown = rooms.instructions();
  if (isKnown && !isKnown(call.body['instructions']))
    return { status: 400, body: { detail: 'Instructions are not valid' } };
  return refuse(call.body, account.accountId);
}

async function answerResponses(rooms: BackendRooms, asked: Asked, response: ServerResponse): Promise<void> {
  const { call, account, fault } = asked;
  const refused = refuseTurn(rooms, asked, refuseBody);
  if (refused) return sendPlain(response, refused);
  const serial = rooms.nextSerial();
  const reply = rooms.nextReply(call);
  if (account.limits[0].primary) account.limits[0].primary.usedPercent += account.percentPerAnswer;
  const rateLimits = usageEvent(account, rooms.clock.now());
  const stream = answerEvents(reply, { serial, body: call.body, accountId: account.accountId, rateLimits });
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'x-request-id': `req_codex${serial}`,
    'x-codex-turn-state': call.headers['x-codex-turn-state'] ?? `turn-${account.accountId.slice(-4)}-${serial}`,
    'x-models-etag': '"fake-models"',
    'openai-model': String(call.body['model']),
    'set-cookie': '__cf_bm=canary-cookie; path=/',
    ...usageHeaders(account, rooms.clock.now()),
  });
  const { event, afterText, withoutTerminal } = fault?.stream ?? {};
  const spoken = event && !afterText ? [] : stream.output;
  const ending = event ? [event] : withoutTerminal ? [] : [stream.terminal];
  await sendEvents(response, [...stream.handshake, ...spoken, ...ending], reply.pauseMs, fault);
}

async function sendEvents(
  response: ServerResponse,
  events: readonly CodexEvent[],
  pauseMs: number,
  fault?: CodexFault,
) {
  const { cutAfter, stallAfter } = fault?.stream ?? {};
  for (const [sequence, event] of events.entries()) {
    if (sequence === stallAfter) return;
    if (sequence === cutAfter) {
      response.socket?.destroy();
      return;
    }
    if (response.destroyed) return;
    response.write(`event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: sequence })}\n\n`);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  response.end();
}

async function answerCompact(rooms: BackendRooms, asked: Asked, response: ServerResponse): Promise<void> {
  const { call, account } = asked;
  const refused = refuseTurn(rooms, asked, refuseCompactBody);
  if (refused) return sendPlain(response, refused);
  const facts = { serial: rooms.nextSerial(), body: call.body, accountId: account.accountId };
  const headers = usageHeaders(account, rooms.clock.now());
  sendPlain(response, { status: 200, headers, body: compaction(rooms.nextReply(call), facts) });
}

import { type AccountStatus, findUserByToken, isUserTokenText, type User } from '../../core/identity/index.ts';
import { authenticate, clientAddress, keyInQuery, readIncoming } from '../relay/index.ts';
import type { AccountAnswer, AccountInput } from './account-route.ts';
import { errorAnswer, refused } from './answers.ts';

type Caller = Extract<ReturnType<typeof authenticate>, { kind: 'caller' }>['caller'];

const BEARER = /^bearer +(\S+) *$/i;
const SERVED: ReadonlySet<AccountStatus> = new Set(['active', 'past_due']);

/** Who calls, by the token of the account; otherwise why not. A guess too many is refused without a look. */
export async function withUser(
  input: AccountInput,
  answer: (user: User) => Promise<AccountAnswer>,
): Promise<AccountAnswer> {
  const { house, req } = input;
  const text = BEARER.exec(req.headers.authorization ?? '')?.[1];
  if (text === undefined) return NO_TOKEN;
  // What cannot be a token is a mistake, not a guess.
  if (!isUserTokenText(text)) return NOT_A_TOKEN;
  const address = addressOf(input);
  const waitMs = house.guesses.waitMs(address);
  if (waitMs > 0) return tooManyGuesses('wrong tokens', waitMs);
  const found = await findUserByToken(house.ctx, text);
  if (!found) {
    house.guesses.count(address);
    return WRONG_TOKEN;
  }
  if (!SERVED.has(found.user.status)) return SUSPENDED;
  return await answer(found.user);
}

/** Who calls, by one of the keys with which requests are relayed. */
export async function withKey(
  input: AccountInput,
  answer: (caller: Caller) => AccountAnswer | Promise<AccountAnswer>,
): Promise<AccountAnswer> {
  const { house, req } = input;
  // Only Google's clients send a key in the query, and only their paths take one.
  const queryKey = req.url?.startsWith('/v1beta/') ? keyInQuery(input.query) : null;
  const incoming = readIncoming(req, { ...NO_PATH, queryKey }, addressOf(input));
  const authenticated = authenticate(incoming, house.live.state.identity, house.ctx.clock.now());
  if (authenticated.kind === 'refused') return refused(authenticated.refusal);
  return await answer(authenticated.caller);
}

const NO_PATH = { upstreamPath: '', objectId: null, gemini: null };

export function addressOf({ house, req }: AccountInput): string {
  return clientAddress(
    req.socket.remoteAddress ?? '',
    String(req.headers['x-forwarded-for'] ?? ''),
    house.live.state.settings.effective['server.trusted_proxies'],
  );
}

export function tooManyGuesses(what: string, waitMs: number): AccountAnswer {
  return errorAnswer(429, {
    code: 'too_many_attempts',
    message: `Too many ${what}; wait before the next one.`,
    waitMs,
  });
}

const HINT = 'the operator makes one with: realms user token create';
const NO_TOKEN = errorAnswer(401, {
  code: 'missing_user_token',
  message: 'This needs the token of your account: send it as "Authorization: Bearer utk_…".',
  hint: HINT,
});
const NOT_A_TOKEN = errorAnswer(401, {
  code: 'invalid_user_token',
  message: 'This is not the token of an account; those begin with utk_. API keys open /v1 alone.',
  hint: HINT,
});
/** One answer for a wrong, an expired and a revoked token: which of them it was is nobody's business. */
const WRONG_TOKEN = errorAnswer(401, {
  code: 'invalid_user_token',
  message: 'This token is not valid: it is unknown, has expired or was revoked.',
  hint: HINT,
});
const SUSPENDED = errorAnswer(403, { code: 'account_suspended', message: 'This account is suspended.' });

import { randomBytes } from 'node:crypto';
import type { Clock } from '../../time.ts';
import type { ChatGptAccount } from './chatgpt-account.ts';
import { challengeOf, type Grants } from './grants.ts';

interface DeviceLogin {
  readonly id: string;
  readonly userCode: string;
  readonly expiresAt: number;
  code: { readonly authorizationCode: string; readonly verifier: string } | null;
}

const TTL_MS = 15 * 60_000;

/** Logins that wait for a person to type a code elsewhere. */
export class DeviceLogins {
  polls = 0;
  readonly #logins: DeviceLogin[] = [];
  readonly #grants: Grants;
  readonly #clock: Clock;

  constructor(grants: Grants, clock: Clock) {
    this.#grants = grants;
    this.#clock = clock;
  }

  begin(): { readonly id: string; readonly userCode: string } {
    const text = randomBytes(5).toString('hex').toUpperCase();
    const login = {
      id: `deviceauth_${randomBytes(12).toString('hex')}`,
      userCode: `${text.slice(0, 4)}-${text.slice(4, 9)}`,
      expiresAt: this.#clock.now() + TTL_MS,
      code: null,
    };
    this.#logins.push(login);
    return login;
  }

  /** What the person does who is logged in as `account`. @throws when there is no such code */
  approve(userCode: string, account: ChatGptAccount, redirectUri: string): void {
    const login = this.#logins.find((one) => one.userCode === userCode);
    if (!login) throw new Error(`no device login has the code ${userCode}`);
    const verifier = randomBytes(48).toString('base64url');
    const challenge = challengeOf(verifier);
    login.code = { authorizationCode: this.#grants.issueCode({ account, challenge, redirectUri }), verifier };
  }

  /** Null while nobody has approved it, when it is unknown and when it is too late: the provider says the same to all. */
  poll(id: string, userCode: string): object | null {
    this.polls += 1;
    const login = this.#logins.find((one) => one.id === id && one.userCode === userCode);
    if (!login?.code || login.expiresAt <= this.#clock.now()) return null;
    const { authorizationCode, verifier } = login.code;
    return { authorization_code: authorizationCode, code_verifier: verifier, code_challenge: challengeOf(verifier) };
  }
}

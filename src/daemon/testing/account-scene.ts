import { createUserToken, editUser, type User } from '../../core/identity/index.ts';
import { adjustBalance, readBalance } from '../../core/ledger/index.ts';
import type { UsdMicros } from '../../core/money.ts';
import { addChannel, type NewChannel, type PaymentChannel } from '../../core/payments/index.ts';
import { createPlan, type NewPlan, type Plan } from '../../core/plans/index.ts';
import { Secret } from '../../core/secret.ts';
import type { FakeEpay } from '../../core/testing/fake-epay.ts';
import type { BootedDaemon } from './boot-daemon.ts';
import { type HttpOptions, httpExchange } from './http-exchange.ts';

/** What tests of the account API start a daemon with. */
export const BUSINESS = { 'self_mode.enable': false } as const;

export interface AccountAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly json: any;
  /** The code of the error, or ''. */
  readonly code: string;
}

/** A user with a token, who calls the public listener. */
export interface Account {
  readonly boot: BootedDaemon;
  readonly user: User;
  readonly token: string;
  /** With the account's token, unless the headers name another one. */
  call(method: string, path: string, options?: Omit<HttpOptions, 'method'>): Promise<AccountAnswer>;
  get(path: string): Promise<AccountAnswer>;
  post(path: string, body?: unknown): Promise<AccountAnswer>;
  give(usdMicros: number): Promise<void>;
  /** In micro-dollars. */
  balance(): Promise<number>;
  become(status: User['status']): Promise<void>;
}

let made = 0;

/** Of a user of its own unless one is given. */
export async function openAccount(boot: BootedDaemon, given?: User): Promise<Account> {
  const user = given ?? (await boot.addUser(`buyer-${made++}`));
  const { text } = await createUserToken(boot.ctx, { userId: user.id });
  const token = text.reveal();
  const call: Account['call'] = async (method, path, options = {}) => {
    const headers = { authorization: `Bearer ${token}`, ...options.headers };
    return await callAs(boot, method, path, { ...options, headers });
  };
  return {
    boot,
    user,
    token,
    call,
    get: (path) => call('GET', path),
    post: (path, body = {}) => call('POST', path, { body }),
    async give(usdMicros) {
      const amountUsdMicros = usdMicros as UsdMicros;
      await adjustBalance(boot.ctx, { userId: user.id, amountUsdMicros, reason: 'test', actor: 'test' });
    },
    balance: async () => (await readBalance(boot.ctx, user.id)).usdMicros,
    become: async (status) => void (await boot.change((ctx) => editUser(ctx, user.id, { status }))),
  };
}

/** A call by nobody in particular. */
export async function callAs(
  boot: BootedDaemon,
  method: string,
  path: string,
  options: Omit<HttpOptions, 'method'> = {},
): Promise<AccountAnswer> {
  const url = path.startsWith('http') ? path : `${boot.url}${path}`;
  const { status, headers, text } = await httpExchange(url, { ...options, method });
  const isJson = text !== '' && String(headers['content-type']).startsWith('application/json');
  const json = isJson ? JSON.parse(text) : null;
  return { status, headers, text, json, code: json?.error?.code ?? '' };
}

export async function openPlan(boot: BootedDaemon, terms: Partial<NewPlan> & { readonly code: string }): Promise<Plan> {
  return await boot.change((ctx) => createPlan(ctx, { priceMinor: 1_000, currency: 'USD', ...terms }));
}

export async function openChannelOf(
  boot: BootedDaemon,
  input: Omit<NewChannel, 'secrets' | 'allowPrivate' | 'settings'> & {
    readonly settings?: NewChannel['settings'];
    readonly secrets?: Readonly<Record<string, string>>;
  },
): Promise<PaymentChannel> {
  const secrets = Object.fromEntries(
    Object.entries(input.secrets ?? {}).map(([name, text]) => [name, new Secret(text)]),
  );
  const channel = { settings: {}, ...input, secrets, allowPrivate: true };
  return await addChannel(boot.daemon.account.cashier, channel);
}

export async function openEpay(
  boot: BootedDaemon,
  name: string,
  fake: FakeEpay,
  settings: NewChannel['settings'] = {},
): Promise<PaymentChannel> {
  return await openChannelOf(boot, {
    name,
    provider: 'epay',
    settings: { gateway: fake.url, pid: fake.pid, ...settings },
    secrets: { key: fake.key },
  });
}

// biome-ignore-all lint/style/noRestrictedGlobals: its pauses let the event loop have its turn while the clock stands still.
import { type Config, loadConfig } from '../../config/index.ts';
import { type Database, inChange } from '../../database/index.ts';
import type { Keyring } from '../../keyring/index.ts';
import type { Log } from '../../log.ts';
import type { FakeClock } from '../../testing/fake-clock.ts';
import {
  type ChatGptAccount,
  type FakeCodex,
  type FakeCodexOptions,
  startFakeCodex,
  type TokenSet,
} from '../../testing/fake-codex.ts';
import { type TestCtx, testCtx, testDatabase } from '../../testing/test-database.ts';
import { testKeyring } from '../../testing/test-keyring.ts';
import { addUpstream, findCredential, listUpstreams, type Upstream } from '../../upstreams/index.ts';
import type { CodexAccount } from '../codex-account.ts';
import { readAccounts } from '../codex-account-store.ts';
import { CodexAccounts } from '../codex-accounts.ts';
import type { CodexDesk } from '../codex-desk.ts';
import { importTokens } from '../import-tokens.ts';
import { saveLogin } from '../save-login.ts';

/** A database with an upstream of the kind codex, and a provider that lives at the same time. */
export interface CodexScene {
  readonly database: Database;
  readonly ctx: TestCtx;
  readonly clock: FakeClock;
  readonly keyring: Keyring;
  readonly fake: FakeCodex;
  readonly desk: CodexDesk;
  readonly upstream: Upstream;
  /** Everything that was logged. */
  readonly said: string[];
  /** Laid over the configuration. */
  readonly settings: { -readonly [Key in keyof Config]?: Config[Key] };
  /** Accounts as a daemon that has just started has them. */
  open(changes?: Partial<CodexDesk>): Promise<CodexAccounts>;
  /** An account with a login that was imported; its tokens are those that the provider gave. */
  bringIn(account?: ChatGptAccount): Promise<BroughtIn>;
  /** The account's row with the access token of its credential. */
  row(id: string): Promise<CodexAccount & { readonly accessToken: string }>;
  close(): Promise<void>;
}

export interface BroughtIn {
  readonly chatgpt: ChatGptAccount;
  readonly tokens: TokenSet;
  readonly account: CodexAccount;
}

export async function codexScene(options: FakeCodexOptions = {}): Promise<CodexScene> {
  const database = await testDatabase();
  const { clock } = testCtx(database);
  return await sceneOn(database, await startFakeCodex({ clock, ...options }));
}

/** The same on a database that somebody else looks after, with a provider that may know accounts already. */
export async function sceneOn(database: Database, fake: FakeCodex): Promise<CodexScene> {
  const said: string[] = [];
  const { clock } = fake;
  const ctx = testCtx(database, { log: recordingLog(said), clock });
  const keyring = await testKeyring();
  const settings: CodexScene['settings'] = {};
  const { config } = await loadConfig({
    env: {},
    overrides: { 'codex.auth_base_url': fake.authBaseUrl, 'codex.allow_private': 'true' },
  });
  const desk: CodexDesk = {
    ctx,
    keyring,
    config: () => ({ ...config, ...settings }),
    changed: async () => {},
    pause: async (ms) => {
      clock.advance(ms);
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
  };
  const upstream = await upstreamOf(ctx, keyring, fake);
  return {
    database,
    ctx,
    clock,
    keyring,
    fake,
    desk,
    upstream,
    said,
    settings,
    async open(changes = {}) {
      const accounts: CodexAccounts = new CodexAccounts(
        {
          ...desk,
          changed: async () => accounts.replace(await readAccounts(ctx)),
          ...changes,
        },
        await readAccounts(ctx),
      );
      return accounts;
    },
    async bringIn(chatgpt = fake.addAccount()) {
      const tokens = fake.login(chatgpt);
      const imported = await importTokens(desk, fake.authFile(chatgpt, tokens));
      const { account } = await inChange(ctx, 'upstreams', (tx) =>
        saveLogin(tx, keyring, upstream, imported.tokens, null),
      );
      return { chatgpt, tokens, account };
    },
    async row(id) {
      const account = (await readAccounts(ctx)).find(({ credentialId }) => credentialId === id);
      if (!account) throw new Error(`there is no account ${id}`);
      return { ...account, accessToken: (await findCredential(ctx, keyring, id)).secret.reveal() };
    },
    async close() {
      await fake.close();
      await database.close();
    },
  };
}

async function upstreamOf(ctx: TestCtx, keyring: Keyring, fake: FakeCodex): Promise<Upstream> {
  const known = (await listUpstreams(ctx, keyring, { limit: 10 })).items.find(({ name }) => name === 'chatgpt');
  const input = { name: 'chatgpt', kind: 'codex', baseUrl: fake.codexBaseUrl, allowPrivate: true } as const;
  return known ?? (await addUpstream(ctx, keyring, input));
}

function recordingLog(said: string[]): Log {
  const record = (fields: unknown, message: string) => {
    said.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { info: record, warn: record, error: record };
}

import type { ConfigKey } from '../../core/config/index.ts';
import type { CredentialId } from '../../core/ids.ts';
import {
  type ChatGptAccount,
  type FakeCodex,
  type FakeCodexOptions,
  startFakeCodex,
} from '../../core/testing/fake-codex.ts';
import { adminCall } from './admin-call.ts';
import { type BootedDaemon, bootDaemon } from './boot-daemon.ts';

/** A daemon beside a ChatGPT of its own, with an upstream `chatgpt` of the kind codex that has no account yet. */
export interface CodexBoot {
  readonly boot: BootedDaemon;
  readonly fake: FakeCodex;
  /** Calls the admin API over its socket. @throws with its answer when it refuses */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  post(path: string, body?: object): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  get(path: string): Promise<any>;
  /** Adds an account to ChatGPT, and imports a login of it. */
  bringIn(changes?: Partial<ChatGptAccount>): Promise<{ readonly chatgpt: ChatGptAccount; readonly id: CredentialId }>;
  stop(): Promise<void>;
}

export interface CodexBootOptions extends FakeCodexOptions {
  /** Laid over the defaults, as flags would be. */
  readonly settings?: Partial<Record<ConfigKey, string | number | boolean>>;
}

export async function bootWithCodex({ settings, ...options }: CodexBootOptions = {}): Promise<CodexBoot> {
  const fake = await startFakeCodex(options);
  const boot = await bootDaemon({
    settings: {
      'codex.auth_base_url': fake.authBaseUrl,
      'codex.backend_base_url': fake.backendBaseUrl,
      'codex.allow_private': true,
      ...settings,
    },
  });
  const post = (path: string, body: object = {}) => adminCall<never>(boot.folder, 'POST', path, body);
  await post('/admin/upstreams', { name: 'chatgpt', kind: 'codex', allow_private: true });
  return {
    boot,
    fake,
    post,
    get: (path) => adminCall<never>(boot.folder, 'GET', path),
    async bringIn(changes) {
      const chatgpt = fake.addAccount(changes);
      const document = fake.authFile(chatgpt);
      const { account }: { account: { id: CredentialId } } = await post('/admin/codex-accounts/import', { document });
      return { chatgpt, id: account.id };
    },
    async stop() {
      await boot.stop();
      await fake.close();
    },
  };
}
